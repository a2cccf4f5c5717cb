"""Tables of wikitext -> lines of cells, so that a reader sees which value stands where."""

import re

from pipeline.extract.wiki_elements import HIDDEN

ROW = "\x1e"
"""Begins a line that is a row of a table. XML cannot hold it, so no page brings its own."""
CELL = "\x1f"
"""Stands between two cells."""

_NO_DATA = re.compile(
    r"class\s*=\s*[\"']?[^\"'|\n]*\b"
    r"(?:navbox|infobox|metadata|[a-z]?mbox|noprint|toc|vertical-navbox|sidebar|succession-box)\b",
    re.I,
)
_LONGEST_ATTRIBUTES = 500
"""Characters of a table's attributes that are read: a search for its class is not linear."""
_BREAK = re.compile(r"<br\s*/?\s*>", re.I)
_CELL_LIST = re.compile(r"^[*#:;]+[ \t]*")
_BLANKS = re.compile(rf"[\s{ROW}{CELL}]+")


def render_table(content: str) -> str:
    """Lines that begin with ``ROW``, their cells apart by ``CELL``, of what stands between
    ``{|`` and ``|}``; links and templates in it are rendered already.

    Nothing for tables that are navigation, an infobox or a notice by their class. Cells that
    span rows or columns stand once, where they begin.

    >>> render_table(' class="wikitable"\\n! Tea !! Cups\\n|-\\n| green || style="x" | 2\\n')
    '\\n\\x1eTea\\x1fCups\\n\\x1egreen\\x1f2\\n'
    """
    attributes, _, body = content.partition("\n")
    attributes = attributes[:_LONGEST_ATTRIBUTES]
    if _NO_DATA.search(attributes) or HIDDEN.search(attributes):
        return ""
    rows: list[list[list[str]]] = [[]]  # rows of cells of lines
    for line in body.split("\n"):
        stripped = line.strip(" \t")
        if stripped.startswith("|+"):
            rows += [[[_without_attributes(stripped[2:])]], []]
        elif stripped.startswith("|-"):
            rows.append([])
        elif stripped.startswith(("|", "!")):
            cells = stripped[1:]
            if stripped[0] == "!":
                cells = cells.replace("!!", "||")
            rows[-1] += [[_without_attributes(cell)] for cell in cells.split("||")]
        elif rows[-1]:
            rows[-1][-1].append(_CELL_LIST.sub("", stripped))
    lines = [CELL.join(_one_line(cell) for cell in row) for row in rows]
    shown = [ROW + line.rstrip(CELL) for line in lines if line.strip(CELL)]
    return "\n" + "\n".join(shown) + "\n" if shown else ""


def lay_out_row(line: str) -> str:
    """A row as it stands in the text, its cells apart by tabs; nothing where no cell says
    anything.

    >>> lay_out_row("\\x1eTea \\x1f\\x1f 2")
    'Tea\\t\\t2'
    >>> lay_out_row("\\x1e - \\x1f |")
    ''
    """
    cells = [cell.strip() for cell in line.removeprefix(ROW).split(CELL)]
    if not any(character.isalnum() for cell in cells for character in cell):
        return ""
    return "\t".join(cells).rstrip("\t")


def _without_attributes(cell: str) -> str:
    # As MediaWiki has it: what stands before a single bar are attributes of the cell.
    before, bar, after = cell.partition("|")
    return after if bar else before


def _one_line(lines: list[str]) -> str:
    return _BLANKS.sub(" ", _BREAK.sub(" ", " ".join(lines))).strip()
