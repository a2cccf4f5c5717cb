"""What a token comes from, and what became of a document: its record, its fate, its tokens.

python jobs/trace_tokens.py --corpus DIR NAME ...

A NAME is a token (train:123456 in the stream of a split, train/shard-00017:99 in a shard),
documents as a training run names them ("train/shard-00017 documents 3-5"), a document id, a URL,
a place in an input (news/a.jsonl@1234) or a record's key.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from jobs.launch import EXIT_DONE, EXIT_FAILED, explain, job_parser
from pipeline.rights.trace import trace


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code: 0 all found, 1 one is not in the corpus, 2 wrong usage or no such token."""
    parser = job_parser(__doc__)
    parser.add_argument("--corpus", required=True, metavar="DIR", help="folder of a corpus")
    parser.add_argument("names", nargs="+", metavar="NAME")
    arguments = parser.parse_args(argv)

    def show() -> int:
        traces = trace(arguments.corpus, arguments.names)
        print("\n".join(line for found in traces for line in found.lines()))
        return EXIT_DONE if all(found.records for found in traces) else EXIT_FAILED

    return explain(show)


if __name__ == "__main__":
    raise SystemExit(main())
