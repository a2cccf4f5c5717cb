"""Write the report of the build in force again, from its numbers, and print its funnel.

python jobs/show_corpus.py CORPUS_FOLDER
"""

import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from jobs.launch import explain, job_parser
from pipeline.report.funnel import funnel
from pipeline.report.statistics import Statistics
from pipeline.report.write import NUMBERS, PAGE, report_files
from schemas.build import read_build
from schemas.shards import read_manifest


def show(corpus: Path) -> None:
    """No Spark: everything is in the folder of the build."""
    folder = corpus / "builds" / "latest"
    build = read_build(folder / "manifest.json")
    statistics = Statistics.model_validate_json((folder / NUMBERS).read_text(encoding="utf-8"))
    for name, text in report_files(statistics, build, read_manifest(corpus / build.shards)).items():
        (folder / name).write_text(text, encoding="utf-8")
    print(funnel(build))
    print(f"report  {folder / PAGE}")


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code: 0 done, 1 failed, 2 wrong usage."""
    parser = job_parser(__doc__)
    parser.add_argument("corpus", type=Path, help="folder that a build wrote")
    return explain(lambda: show(parser.parse_args(argv).corpus))


if __name__ == "__main__":
    raise SystemExit(main())
