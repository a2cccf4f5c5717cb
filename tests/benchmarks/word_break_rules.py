"""Write the word-break classes of uniseg, whose words DCLM counts, for the dclm variant.

Run in an environment of its own, where uniseg is (it comes with dolma):

    python tests/benchmarks/word_break_rules.py pipeline/measures/parity_word_breaks.json
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

CODE_POINTS = 0x20000


def main() -> None:
    """Write first and last code points of the runs of each class, in turn."""
    from uniseg.emoji import extended_pictographic
    from uniseg.wordbreak import word_break

    runs: dict[str, list[int]] = {}
    before = ""
    for code in range(CODE_POINTS + 1):
        here = word_break(chr(code)).value if code < CODE_POINTS else ""
        if here != before:
            if before not in ("", "Other"):
                runs[before].append(code - 1)
            if here not in ("", "Other"):
                runs.setdefault(here, []).append(code)
        before = here
    pictures: list[int] = []
    inside = False
    for code in range(CODE_POINTS + 1):
        here_too = code < CODE_POINTS and bool(extended_pictographic(chr(code)))
        if here_too != inside:
            pictures.append(code if here_too else code - 1)
        inside = here_too
    rules = {"source": f"uniseg {version('uniseg')} (MIT)", "Pictographic": pictures, **runs}
    lines = [f"{json.dumps(name)}:{json.dumps(value)}" for name, value in rules.items()]
    Path(sys.argv[1]).write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
