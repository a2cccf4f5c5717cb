"""Write a trained model as a folder that the transformers library and others load.

python jobs/export_model.py --set run=runs/train --set output=out/model [--set dtype=bfloat16]
"""

import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from jobs.launch import run_job
from trainer.export import ExportConfig, export_model


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code: 0 done, 1 failed, 2 wrong configuration or usage."""
    return run_job(export_model, ExportConfig, argv, __doc__)


if __name__ == "__main__":
    raise SystemExit(main())
