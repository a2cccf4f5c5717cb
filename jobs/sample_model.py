"""Let a trained model continue prompts.

python jobs/sample_model.py --run runs/train [--prompt TEXT ...] [--set sampling.temperature=0.7]
"""

import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from jobs.launch import explain, job_parser
from schemas.config import build_config
from trainer.generate import SampleConfig, write_samples


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code: 0 done, 1 failed, 2 wrong configuration or usage."""
    parser = job_parser(__doc__, SampleConfig)
    parser.add_argument("--run", required=True, metavar="DIR", help="folder of a training run")
    parser.add_argument("--prompt", nargs="+", action="extend", metavar="TEXT", default=[])
    arguments = parser.parse_args(argv)
    tree = {"run": arguments.run} | ({"prompts": arguments.prompt} if arguments.prompt else {})
    return explain(
        lambda: write_samples(
            build_config(SampleConfig, tree, where="command line", overrides=arguments.overrides)
        )
    )


if __name__ == "__main__":
    raise SystemExit(main())
