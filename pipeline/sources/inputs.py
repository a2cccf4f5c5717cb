"""What the scan of an input folder finds, and what a configuration may say about it."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from pipeline.sources.compression import UnfoldLimit
from schemas.config import Section
from schemas.documents import Source

_NAMESPACES = re.compile(r"\s*-?[0-9]+(\s*,\s*-?[0-9]+)*\s*")


class Format(StrEnum):
    """Kinds of dumps that can be read. The values name the Spark data sources."""

    WARC = "warc"
    WET = "wet"
    MEDIAWIKI = "mediawiki"
    GUTENBERG = "gutenberg"
    EPUB = "epub"
    FEED = "feed"
    REDDIT = "reddit"
    STACKEXCHANGE = "stackexchange"
    JSONL = "jsonl"
    PLAIN_TEXT = "plain_text"
    PARQUET = "parquet_text"
    CSV = "csv_text"


TABULAR = (Format.JSONL, Format.PARQUET, Format.CSV)
"""Formats whose records have named columns."""

LINE_FORMATS = (Format.JSONL, Format.REDDIT)
"""Formats whose records are lines, whatever is in them."""

_COLUMNS = (
    "text_column", "id_column", "url_column", "title_column", "author_column", "date_column",
    "language_column", "licence_column",
)  # fmt: skip
_FORMATS_OF = {
    **dict.fromkeys(_COLUMNS, TABULAR),
    "unit": (Format.PLAIN_TEXT,),
    "namespaces": (Format.MEDIAWIKI,),
    "redirects": (Format.MEDIAWIKI,),
}
"""Formats that a key of a rule is for; the other keys are for all."""

USUAL_SOURCE = {
    Format.WARC: Source.WEB,
    Format.WET: Source.WEB,
    Format.MEDIAWIKI: Source.WIKI,
    Format.GUTENBERG: Source.BOOK,
    Format.EPUB: Source.BOOK,
    Format.FEED: Source.NEWS,
    Format.REDDIT: Source.SOCIAL,
    Format.STACKEXCHANGE: Source.SOCIAL,
}
"""Source of the formats that have one; of the others it depends on the file."""


class InputRule(Section):
    """What the configuration knows better about some files. The first rule that matches wins."""

    match: str
    """Glob over the path below the input folder; ``*`` crosses folders: ``archive/*.jsonl.gz``."""
    format: Format | None = None
    source: Source | None = None
    text_column: str | None = None
    """Column of the texts; this and the others may be nested: ``meta.url``."""
    id_column: str | None = None
    url_column: str | None = None
    title_column: str | None = None
    author_column: str | None = None
    date_column: str | None = None
    language_column: str | None = None
    licence_column: str | None = None
    unit: Literal["file", "line", "block"] | None = None
    """What one document of a plain text is: the file (unless set), a line, or what stands between
    blank lines."""
    namespaces: str | None = None
    """Namespaces of a wiki whose pages are documents: numbers apart by commas; ``0`` unless set."""
    redirects: bool | None = None
    """Whether redirects of a wiki are documents, too."""
    ignore: bool = False
    """Leave these files out; they are listed as not recognised."""

    @field_validator("namespaces")
    @classmethod
    def _are_numbers(cls, namespaces: str | None) -> str | None:
        if namespaces is not None and not _NAMESPACES.fullmatch(namespaces):
            raise ValueError('numbers of namespaces wanted, apart by commas, such as "0" or "0,14"')
        return namespaces

    @field_validator(*_COLUMNS)
    @classmethod
    def _is_named(cls, column: str | None) -> str | None:
        if column == "":
            raise ValueError("the name of a column wanted")
        return column

    @field_validator(*_FORMATS_OF)
    @classmethod
    def _fits_format(cls, value: object, info: ValidationInfo) -> object:
        """Where the rule leaves the format open, the files show it: one rule may be for many."""
        stated = info.data.get("format")
        fitting = _FORMATS_OF[str(info.field_name)]
        if value is not None and stated is not None and stated not in fitting:
            raise ValueError(f"a key for format {' or '.join(fitting)}, not for {stated}")
        return value

    def columns(self) -> dict[str, str]:
        """The columns that the rule names, by what they hold."""
        named = {
            "text": self.text_column,
            "key": self.id_column,
            "url": self.url_column,
            "title": self.title_column,
            "author": self.author_column,
            "published": self.date_column,
            "language": self.language_column,
            "licence": self.licence_column,
        }
        return {role: column for role, column in named.items() if column is not None}

    def settings(self, format: Format) -> dict[str, str]:
        """How files of a format are read, where the rule says so."""
        named: dict[Format, dict[str, str | None]] = {
            Format.PLAIN_TEXT: {"unit": self.unit},
            Format.MEDIAWIKI: {
                "namespaces": self.namespaces,
                "redirects": None if self.redirects is None else str(self.redirects).lower(),
            },
        }
        return {key: value for key, value in named.get(format, {}).items() if value is not None}


class InputParams(Section):
    """How dumps are found and read."""

    rules: tuple[InputRule, ...] = ()
    """Refine what is recognised by name and content."""
    partition_bytes: int = Field(default=32 << 20, ge=1)
    """Small files are packed into one Spark partition up to this size, as stored; uncompressed
    files whose records are lines are split above it."""
    batch_bytes: int = Field(default=16 << 20, ge=1)
    """A record batch is closed when its texts pass this size."""
    batch_rows: int = Field(default=4096, ge=1)
    max_record_bytes: int = Field(default=64 << 20, ge=1 << 10)
    """A record above this size is skipped (rule ``too_large``): it must fit in memory."""
    max_unfold_ratio: int = Field(default=500, ge=1)
    """Compressed content, or a member of it, that unfolds to more than this times its stored size
    is a bomb: reading ends there with an unreadable record. Full histories of wikis reach 200."""
    free_unfold_bytes: int = Field(default=256 << 20, ge=0)
    """So much may unfold from anything, whatever its ratio: a log of one line is no bomb."""

    @property
    def unfold_limit(self) -> UnfoldLimit:
        """The bounds of what compressed content may unfold to."""
        return UnfoldLimit(self.max_unfold_ratio, self.free_unfold_bytes)


class InputFile(Section):
    """One dump, as recognised."""

    path: str
    """Relative to the input folder, with forward slashes."""
    format: Format
    source: Source
    size: int
    modified_ns: int = 0
    columns: dict[str, str] = Field(default_factory=dict)
    """For tabular formats, what a column holds (text, title, ...) -> its name in the file. Of JSON
    lines, whose records need not have the same columns, the text and what a rule names."""
    settings: dict[str, str] = Field(default_factory=dict)
    """How its format is read, where a rule says so."""
    mismatch: str | None = None
    """Why the content is not what the name says. The file is then one unreadable record."""
    has_content: bool = True
    """Not for a dangling link, a pipe or a device, which cannot be opened (or never end)."""
    start: int = 0
    """Stored offset of the first compressed member, where a damaged beginning is no member."""
    is_splittable: bool = False
    """Whether every record is a line of the file as it is stored, so that several tasks may read
    it."""
    span: tuple[int, int] | None = None
    """First and last byte, exclusive, between which the lines begin that are read; all, unless
    set."""

    @property
    def extent(self) -> int:
        """Stored bytes that are read."""
        return self.size if self.span is None else self.span[1] - self.span[0]


@dataclass(frozen=True, slots=True)
class Inventory:
    """Result of a scan."""

    root: str
    """Folder that the paths are relative to."""
    files: tuple[InputFile, ...]
    unrecognised: tuple[str, ...]
    """Everything else, each with the reason: ``path (reason)``."""
