"""Project Gutenberg: one book per file, without the licence around it."""

import re
import sys
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import PurePosixPath
from typing import BinaryIO

from pipeline.extract.encodings import decode_text
from pipeline.extract.reflow import reflow
from pipeline.sources.gutenberg_notes import drop_credits, drop_marks, drop_notes
from pipeline.sources.inputs import InputFile, InputParams
from pipeline.sources.plain_text import read_whole
from pipeline.sources.record import Record, document_or_empty

_FLAGS = re.I | re.M
_DECLARED = re.compile(rb"^Character set encoding:[ \t]*([^\r\n]+)", _FLAGS)
# What volunteers wrote there, where it is no name that browsers know.
_ENCODING_NAMES = {"iso latin-1": "iso-8859-1", "iso-latin-1": "iso-8859-1"}
_START = re.compile(
    # The three generations of headers; a long title wraps the marker over two lines.
    r"^\W{0,3}\*{3}\s*START OF (?:THE|THIS) PROJECT GUTENBERG[^*]{0,400}(?:\*{3})?[^\n]*$"
    r"|^.{0,3}\*\s*END\s*\*?\s*THE SMALL PRINT!?.*$",
    _FLAGS,
)
_END = re.compile(
    r"^\W{0,3}\*{3}\s*END OF (?:THE|THIS) PROJECT GUTENBERG"
    r"|^\W*(?:The )?End of (?:the |this )?Project Gutenberg"
    r"|^\W*Ende? (?:of|dieses|des) (?:the |this )?Proje[ck]t[ -]Gutenberg"
    r"|^\W*Fin (?:de|du) (?:ce |l[ea] )?Proje[ck]t Gutenberg"
    r"|^\W{0,3}\*{3}\s*START: FULL LICENSE",
    _FLAGS,
)
_END_MARKER = re.compile(r"^\W{0,3}\*{3}\s*END OF (?:THE|THIS) PROJECT GUTENBERG", _FLAGS)
_LONGEST_SMALL_PRINT = 50_000
"""Characters between two marks that begin one book, at most."""
_BEFORE_MARKER = 1000
"""Characters between the line that ends a book and the marker under it, at most."""
_MARKED_START = re.compile(r"\W{0,3}\*{3}\s*START OF (?:THE|THIS) PROJECT GUTENBERG", re.I)
_TITLE_LINE = re.compile(
    r"^\W{0,3}(?:The )?Project Gutenberg(?:'s|\u2019s)?\s+(?:Etext|EBook|E-text)\b", _FLAGS
)
"""The line that a file begins with; where several books are in one, each of them."""
_FIELD = re.compile(
    r"^(Title|Author|Language|Release Date|Posting Date)[ \t]*:[ \t]*(\S.*(?:\n[ \t]{5,}\S.*)*)",
    _FLAGS,
)
_NUMBER = re.compile(r"\[?(?:EBook|Etext|E-text)\s*#\s*(\d+)\]?", re.I)
_NAMED = re.compile(
    r"Project Gutenberg(?:'s|\u2019s)?\s*(?:Etext|EBook|E-text)?\s*(?:of|:|,)?\s+"
    r"[\"'\u201c]?(\S[^\n*]*?)[\"'\u201d]?(?:,?\s+(?:by|von|par)\s+([^\n*]+)|\*|[ \t]*$)",
    _FLAGS,
)
# A few Chinese books put a whole chapter on one line, its paragraphs two wide spaces apart.
_CHINESE_INDENT = re.compile(r"(?<=[^\s\u3000])\u3000{2,}(?=\S)")
_STARS = re.compile(r"[\s*\-_=~]+$")
_HEADER_SIZE = 2000
_LANGUAGES = {
    "afrikaans": "af", "arabic": "ar", "bulgarian": "bg", "catalan": "ca", "cebuano": "ceb",
    "chinese": "zh", "czech": "cs", "danish": "da", "dutch": "nl", "english": "en",
    "esperanto": "eo", "estonian": "et", "farsi": "fa", "finnish": "fi", "french": "fr",
    "frisian": "fy", "galician": "gl", "german": "de", "greek": "el", "hebrew": "he",
    "hungarian": "hu", "icelandic": "is", "iloko": "ilo", "irish": "ga", "italian": "it",
    "japanese": "ja", "korean": "ko", "latin": "la", "lithuanian": "lt", "norwegian": "no",
    "occitan": "oc", "polish": "pl", "portuguese": "pt", "romanian": "ro", "russian": "ru",
    "sanskrit": "sa", "serbian": "sr", "slovenian": "sl", "spanish": "es", "swedish": "sv",
    "tagalog": "tl", "telugu": "te", "ukrainian": "uk", "welsh": "cy", "yiddish": "yi",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Book:
    """A book without what Project Gutenberg says about it, and what it says."""

    text: str
    title: str | None = None
    author: str | None = None
    language: str | None = None
    number: str | None = None
    released: datetime | None = None


def read_gutenberg(stored: BinaryIO, file: InputFile, params: InputParams) -> Iterator[Record]:
    """The document of a book file; where books were joined, one for each, which are counted."""
    name = PurePosixPath(file.path).name
    whole = read_whole(stored, name, params)
    if isinstance(whole, Record):
        yield whole
        return
    pieces = split_books(decode_book(whole))
    for count, piece in enumerate(pieces):
        book = parse_book(piece)
        other = name if len(pieces) == 1 else f"{name} {count + 1}"
        yield document_or_empty(
            Record(
                offset=count,
                key=f"pg{book.number}" if book.number else other,
                raw=whole if len(pieces) == 1 else piece.encode("utf-8", "replace"),
                title=book.title,
                author=book.author,
                published=book.released,
                language_hint=book.language,
                licence="Project Gutenberg License" if book.number else None,
                text=book.text,
            )
        )


def decode_book(raw: bytes) -> str:
    """Text of a book file: UTF-8 where valid, else as its header says, else as detected."""
    declared = _DECLARED.search(raw[:20000])
    name = declared[1].decode("latin-1").strip().lower() if declared else ""
    # ASCII says nothing of the bytes that are none: many such files have them.
    text = decode_text(raw, None if "ascii" in name else _ENCODING_NAMES.get(name, name))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse_book(text: str) -> Book:
    """Cut the licence off, take the facts from it, join wrapped lines."""
    licence, body, footer = split_licence(text)
    # The oldest files have the facts, but no marker between them and the book.
    header = licence or text[:_HEADER_SIZE]
    fields = {match[1].lower(): " ".join(match[2].split()) for match in _FIELD.finditer(header)}
    named = _NAMED.search(header[:_HEADER_SIZE]) or _NAMED.search(footer[:500])
    number = _NUMBER.search(header)
    language = fields.get("language", "").split(",")[0].split(" and ")[0].strip().lower()
    return Book(
        text=tidy_body(body),
        title=fields.get("title") or (named[1].strip() if named else None),
        author=fields.get("author") or (named[2].strip() if named and named[2] else None),
        language=_LANGUAGES.get(language, language or None),
        number=number[1] if number else None,
        released=_release_date(fields.get("release date", "")),
    )


def split_licence(text: str) -> tuple[str, str, str]:
    """Header, book and footer of a file; header and footer are empty where there are none.

    >>> split_licence("Title: X\\n*** START OF THIS PROJECT GUTENBERG EBOOK X ***\\nA book.\\n"
    ...               "*** END OF THIS PROJECT GUTENBERG EBOOK X ***\\nLicence")[1]
    '\\nA book.\\n'
    """
    first_start = _START.search(text)
    after = first_start.end() if first_start else 0
    marker = _END_MARKER.search(text, after)
    end = _END.search(text, max(after, marker.start() - _BEFORE_MARKER) if marker else after)
    last = end.start() if end else len(text)
    # The small print may follow the marker, or stand before it: the book is behind both.
    start = 0
    for match in _START.finditer(text, 0, last):
        start = match.end()
    return text[:start], text[start:last], text[last:]


def split_books(text: str) -> list[str]:
    """The files that were joined to one: where a book has ended, another begins with a marker; in
    older ones, whose small print can stand at the end, with one that has an end, too.

    >>> mark = "OF THE PROJECT GUTENBERG EBOOK X ***\\nA\\n"
    >>> len(split_books(f"*** START {mark}*** END {mark}*** START {mark}*** END {mark}"))
    2
    """
    starts = list(_START.finditer(text))
    ends = [match.start() for match in _END.finditer(text)]
    markers = [match.start() for match in _END_MARKER.finditer(text)]
    titles = [match.start() for match in _TITLE_LINE.finditer(text)]
    pieces = []
    begin = 0
    ended = _end_behind(starts[0].end(), ends, markers) if starts else 0
    for before, start in pairwise(starts):
        is_marked = _MARKED_START.match(start[0]) is not None
        has_end = bisect_left(ends, start.end()) < len(ends)
        # A book whose end is not marked goes on to the next; small print is shorter.
        is_behind = start.start() > ended or start.start() - before.end() > _LONGEST_SMALL_PRINT
        if not (is_behind and (is_marked or has_end)):
            continue
        title = bisect_left(titles, start.start()) - 1
        is_titled = title >= 0 and titles[title] > min(ended, before.end())
        cut = titles[title] if is_titled else start.start()
        pieces.append(text[begin:cut])
        begin = cut
        ended = _end_behind(start.end(), ends, markers)
    return [*pieces, text[begin:]]


def _end_behind(after: int, ends: Sequence[int], markers: Sequence[int]) -> int:
    """Where the book ends that begins at ``after``: at the end of all where nothing says so."""
    marker = bisect_left(markers, after)
    if marker < len(markers):
        # Only a line close above a marker ends the book, too.
        after = max(after, markers[marker] - _BEFORE_MARKER)
    end = bisect_left(ends, after)
    return ends[end] if end < len(ends) else sys.maxsize


def tidy_body(body: str) -> str:
    """The book alone: no credits, no transcriber's notes, no marks of typesetting."""
    body = _CHINESE_INDENT.sub("\n\u3000\u3000", drop_notes(body))
    kept = drop_credits(reflow(body.strip("\n")).split("\n\n"))
    while kept and _STARS.match(kept[-1]):  # what divided the book from the notes
        kept.pop()
    return drop_marks("\n\n".join(kept)).strip("\n")


def _release_date(text: str) -> datetime | None:
    text = re.sub(r"\[.*|\(.*", "", text).strip().rstrip(",")
    for pattern in ("%B %d, %Y", "%B, %Y", "%B %Y", "%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None
