"""How a delimited table is written: its delimiter, its quotes, its header, its encoding."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product

from resiliparse.parse.encoding import detect_encoding

from pipeline.extract.encodings import find_encoding
from pipeline.sources.columns import CANDIDATES

HEAD_BYTES = 1 << 17
"""The dialect is read off so much of the content, by the scan and by the reader alike."""
_DELIMITERS = (",", "\t", ";", "|")
_RARE_DELIMITERS = ("\x01", "^", "~")
"""That of Hive, and signs that texts hardly hold; tried where the first line has them."""
_NO_DELIMITER = "\x1f"
"""Stands in no text: of a table of one column, whose cells may hold commas without quotes."""
_ROWS_TRIED = 200
_LONGEST_NAME = 64
_MARK = re.compile(r"\"?sep=([^\"\r\n])\"?(?:\r\n?|\n|\Z)", re.I)
"""What Excel may write before the table, and reads there: the delimiter."""
_KNOWN = frozenset(name.casefold() for names in CANDIDATES.values() for name in names)

csv.field_size_limit((1 << 31) - 1)  # the library's limit is 128 KiB, less than an article


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a row is made of."""

    delimiter: str = ","
    is_quoted: bool = True
    """False where quotation marks are ordinary characters, as in most tab-separated files."""
    has_escapes: bool = False
    r"""Whether ``\"`` stands for a quotation mark, instead of two of them."""
    skips_spaces: bool = False
    """Whether spaces may stand between a delimiter and a quotation mark."""

    def parse(self, row: str) -> list[str]:
        """Cells of one row; where the csv module sees several rows in it, those of all, so that
        their number tells.

        >>> Dialect().parse('1,"a ""b"", c"')
        ['1', 'a "b", c']
        """
        return [cell for cells in self._reader(row) for cell in cells]

    def _reader(self, text: str, *, is_strict: bool = False) -> Iterator[list[str]]:
        return csv.reader(
            io.StringIO(text, newline=""),  # str.splitlines knows more ends than "\n"
            delimiter=self.delimiter,
            quoting=csv.QUOTE_MINIMAL if self.is_quoted else csv.QUOTE_NONE,
            escapechar="\\" if self.has_escapes else None,
            doublequote=not self.has_escapes,
            skipinitialspace=self.skips_spaces,
            strict=is_strict,
        )

    def is_strictly(self, text: str) -> bool:
        """Whether no quotation mark at the beginning of a text is out of place."""
        try:
            for _ in islice(self._reader(text, is_strict=True), _ROWS_TRIED):
                pass
        except csv.Error:
            return False
        return True

    def rows(self, text: str) -> list[list[str]]:
        """The first rows of a text, blank lines left out."""
        found = []
        for row in self._reader(text):
            if row:
                found.append(row)
            if len(found) == _ROWS_TRIED:
                break
        return found


@dataclass(frozen=True, slots=True)
class Layout:
    """What the beginning of a table tells."""

    dialect: Dialect
    encoding: str
    names: tuple[str, ...]
    """Of the header, without empty ones at its end; one that is there twice is ``text (1)`` and
    ``text (2)``. Where there is none, the positions: ``1``, ``2``, ..."""
    has_header: bool
    has_mark: bool = False
    """Whether a line ``sep=;`` stands before the table."""


def read_layout(head: bytes) -> Layout:
    """Layout of the table that begins with ``head``.

    The dialect is the one under which most rows have the same number of cells, the usual one
    where that leaves a choice.

    >>> read_layout(b"title;text\\nA;\\"b; c\\"\\n").names
    ('title', 'text')
    >>> read_layout(b'"3","A","b, c"\\n"4","D","e"\\n').names
    ('1', '2', '3')
    """
    encoding = _encoding(head)
    text = head.decode(encoding, "replace").removeprefix("\ufeff")
    if len(head) >= HEAD_BYTES:  # the last line is cut
        text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text
    mark = _MARK.match(text)
    if mark is not None:
        text = text[mark.end() :]
    delimiters = _delimiters(text) if mark is None else (mark[1],)
    best = max(_dialects(text, delimiters), key=lambda dialect: _score(dialect, text))
    rows = best.rows(text)
    if mark is None and rows and len(rows[0]) == 1 and _score(best, text) == _ONE_COLUMN:
        best = replace(best, delimiter=_NO_DELIMITER)
        rows = best.rows(text)
    if not rows:
        return Layout(best, encoding, (), has_header=False)
    if has_header := _is_header(rows):
        names = _names(rows)
    else:
        width = Counter(map(len, rows)).most_common(1)[0][0]
        names = tuple(str(position) for position in range(1, width + 1))
    return Layout(best, encoding, names, has_header, mark is not None)


def _delimiters(text: str) -> tuple[str, ...]:
    first = text.lstrip().partition("\n")[0]
    return _DELIMITERS + tuple(sign for sign in _RARE_DELIMITERS if sign in first)


def _dialects(text: str, delimiters: Sequence[str]) -> Iterator[Dialect]:
    """What could be meant; of two that fit as well, the first."""
    ways = [(True, False), (False, False)] + [(True, True)] * ('\\"' in text)
    for delimiter, (is_quoted, has_escapes) in product(delimiters, ways):
        plain = Dialect(delimiter, is_quoted, has_escapes)
        if is_quoted and f'{delimiter} "' in text and _has_late_quotes(plain.rows(text)):
            yield replace(plain, skips_spaces=True)
        yield plain


def _has_late_quotes(rows: Sequence[Sequence[str]]) -> bool:
    """Whether a cell begins with spaces and a quotation mark: inside quotes that means nothing."""
    return any(cell.startswith(" ") and cell.lstrip(" ")[:1] == '"' for row in rows for cell in row)


def _names(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Names of the header, such that they tell all columns apart: a column without one is called
    by its position."""
    names = [cell.strip() for cell in rows[0]]
    # A delimiter behind the last name begins no column, unless something is in it.
    while names and not names[-1] and not any(any(row[len(names) - 1 :]) for row in rows):
        names.pop()
    total = Counter(names)
    seen: Counter[str] = Counter()
    found = []
    for position, name in enumerate(names, 1):
        seen[name] += 1
        numbered = f"{name} ({seen[name]})" if total[name] > 1 else name
        found.append(numbered if name else str(position))
    return tuple(found)


_ONE_COLUMN = (False, 0.0)


def _score(dialect: Dialect, text: str) -> tuple[bool, float]:
    """Rows of the commonest width, less half of the others; before all comes a reading with
    quotes that has no flaw: no quotation mark out of place, every row of one width."""
    rows = dialect.rows(text)
    width, count = Counter(map(len, rows)).most_common(1)[0] if rows else (1, 0)
    if width == 1:
        return _ONE_COLUMN
    is_flawless = count == len(rows) and dialect.is_quoted and dialect.is_strictly(text)
    score = count - (len(rows) - count) / 2
    if len(rows[0]) != width and _is_header(rows):
        score /= 4  # the reader would refuse them all: a quotation mark may be missing in one
    return is_flawless, score


def _is_header(rows: list[list[str]]) -> bool:
    """Names are short and no numbers. One is known; or each is another, and the cells below are
    longer."""
    first = [cell.strip() for cell in rows[0]]
    if any(cell and not _is_name(cell) for cell in first):
        return False
    if any(cell.casefold() in _KNOWN for cell in first):
        return True
    if len(set(first)) < len(first) or not all(first):
        return False
    below = [row for row in rows[1:] if len(row) == len(first)]
    return bool(below) and any(
        all(_is_number(row[at]) for row in below)
        or sum(len(row[at]) for row in below) > 4 * len(below) * max(len(name), 8)
        for at, name in enumerate(first)
    )


def _is_name(cell: str) -> bool:
    is_short = len(cell) <= _LONGEST_NAME and "\n" not in cell
    return is_short and not _is_number(cell) and not cell.endswith((".", "!", "?", "。"))


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _encoding(head: bytes) -> str:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, len(head) < HEAD_BYTES)
    except UnicodeDecodeError:
        return find_encoding(detect_encoding(head)) or "cp1252"
    return "utf-8"
