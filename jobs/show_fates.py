"""Show what became of the documents that are planted in the demo.

python jobs/show_fates.py --corpus DIR
"""

import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from jobs.launch import EXIT_DONE, EXIT_FAILED, explain, job_parser
from pipeline.demo.fates import fates_table, find_fates, read_ledger_of
from pipeline.demo.planted import planted_documents


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code: 0 all as expected, 1 one is not, or there is no build, 2 wrong usage."""
    parser = job_parser(__doc__)
    parser.add_argument("--corpus", type=Path, required=True, metavar="DIR", help="demo's corpus")
    corpus: Path = parser.parse_args(argv).corpus

    def show() -> int:
        files = [planted.file for planted in planted_documents()]
        fates = find_fates(read_ledger_of(corpus, files))
        wrong = [fate for fate in fates if fate.problem]
        print(fates_table(fates))
        print(f"{len(fates) - len(wrong)} of {len(fates)} as expected")
        return EXIT_FAILED if wrong else EXIT_DONE

    return explain(show)


if __name__ == "__main__":
    raise SystemExit(main())
