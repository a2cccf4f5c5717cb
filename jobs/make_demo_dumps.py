"""Make the demo's input: small dumps in the real formats.

python jobs/make_demo_dumps.py --out DIR [--set max_articles=200 ...]
"""

import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from jobs.launch import explain, job_parser
from pipeline.demo.dumps import DemoParams, make_dumps
from schemas.config import build_config


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code: 0 done, 1 failed, 2 wrong configuration or usage."""
    parser = job_parser(__doc__, DemoParams)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to fill")
    arguments = parser.parse_args(argv)

    def make() -> None:
        where, overrides = "command line", arguments.overrides
        params = build_config(DemoParams, {}, where=where, overrides=overrides)
        print("\n".join(make_dumps(arguments.out, params)))

    return explain(make)


if __name__ == "__main__":
    raise SystemExit(main())
