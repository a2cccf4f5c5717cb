"""A folder of mixed dumps -> what each file is, by its name and its content.

The content decides. A name that promises a dump whose content is none does not hide the file:
it stays an input, with the contradiction as its one unreadable record.
"""

import json
import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import PurePosixPath
from typing import Any

from pipeline.sources.columns import map_columns
from pipeline.sources.compression import Decompressed, find_codec
from pipeline.sources.inputs import (
    TABULAR,
    USUAL_SOURCE,
    Format,
    InputFile,
    InputParams,
    InputRule,
    Inventory,
)
from pipeline.sources.lines import iterate_lines
from pipeline.sources.sniff import Finding, sniff
from pipeline.sources.storage import StoredFile, list_files, open_file
from pipeline.sources.tabular import parquet_columns
from schemas.documents import Source
from schemas.errors import ConfigError, RecordError

__all__ = ["Format", "InputFile", "InputParams", "InputRule", "Inventory", "scan"]

_HEAD_BYTES = 1 << 17
_TAIL_BYTES = 1 << 15
_LONGEST_LINE = 64 << 20
_LINES_TRIED = 10
_CODEC_SUFFIXES = {".gz": "gzip", ".bz2": "bzip2", ".zst": "zstd", ".xz": "xz"}
_PROMISES = {
    ".warc": Format.WARC,
    ".wet": Format.WET,
    ".parquet": Format.PARQUET,
    ".jsonl": Format.JSONL,
    ".ndjson": Format.JSONL,
    ".rss": Format.FEED,
    ".atom": Format.FEED,
}
_TEXT_SUFFIXES = frozenset({".txt", ".text"})
_UNSUPPORTED_SUFFIXES = {
    ".csv": "CSV is not supported yet",
    ".tsv": "TSV is not supported yet",
    ".md": "documentation, not a dump",
}
_FOLDERS = {
    Source.NEWS: {"news", "feed", "feeds", "rss"},
    Source.BOOK: {"book", "books", "gutenberg"},
    Source.SOCIAL: {"social", "reddit", "forum", "forums"},
    Source.WIKI: {"wiki", "wikis", "wikipedia", "mediawiki"},
    Source.WEB: {"web", "crawl", "crawls", "warc", "wet", "commoncrawl"},
}
_KEYS = {
    Source.SOCIAL: {"subreddit", "retweet_count", "link_flair_text"},
    Source.NEWS: {"date_publish", "maintext", "articlebody", "headline", "publisher", "newspaper"},
}


def scan(root: str, rules: Sequence[InputRule]) -> Inventory:
    """Recognise every file below ``root`` (or ``root`` itself, when it is a file).

    Raises:
        ConfigError: there is no such file or folder, or it cannot be read; a rule names a
            format or a column that the file cannot have.
    """
    folder, stored = list_files(root)
    files: list[InputFile] = []
    unrecognised: list[str] = []
    for file in stored:
        found = _recognise(folder, file, rules)
        if isinstance(found, InputFile):
            files.append(found)
        else:
            path = file.path.encode("utf-8", "backslashreplace").decode()
            unrecognised.append(f"{path} ({found})")
    return Inventory(root=folder, files=tuple(files), unrecognised=tuple(unrecognised))


def _recognise(root: str, file: StoredFile, rules: Sequence[InputRule]) -> InputFile | str:
    """The input that a file is, or the reason why it is none."""
    path = PurePosixPath(file.path)
    rule = next((rule for rule in rules if fnmatchcase(file.path, rule.match)), None)
    if rule is not None and rule.ignore:
        return "ignored by a rule"
    if any(part.startswith(".") for part in path.parts):
        return "hidden"
    if path.name.startswith("_"):
        return "a marker, not a dump"
    try:
        file.path.encode()
    except UnicodeEncodeError:
        return "its name is not UTF-8"
    head, tail, defect = _read_ends(root, file)
    finding = sniff(head, tail) if head else Finding(None, defect or "empty file (0 bytes)")
    return _judge(root, file, finding, rule, broken=not head)


def _judge(
    root: str, file: StoredFile, finding: Finding, rule: InputRule | None, *, broken: bool
) -> InputFile | str:
    path = PurePosixPath(file.path)
    suffixes, codec = _suffixes(path)
    suffix = suffixes[-1] if suffixes else ""
    found, reason = finding.format, finding.reason
    if found in (Format.PLAIN_TEXT, Format.GUTENBERG) and suffix not in _TEXT_SUFFIXES:
        # Any file of words would do; only the name can say that it is meant as a text.
        found, reason = None, _UNSUPPORTED_SUFFIXES.get(suffix, "text of no known kind")
    if found is Format.PLAIN_TEXT and _folder_source(path) is Source.BOOK:
        found = Format.GUTENBERG
    mismatch = None
    if found is None:
        promised = _promise(path, suffixes, codec, broken=broken)
        if promised is not None:
            found, mismatch = promised, reason
    if rule is not None and rule.format is not None:
        mismatch = None if found is rule.format else mismatch
        found = rule.format
    if found is None:
        return reason
    columns: dict[str, str] = {}
    if found in TABULAR and mismatch is None:
        mapped = _columns(root, file, found, finding.keys, rule)
        if isinstance(mapped, str):
            return mapped
        if isinstance(mapped, RecordError):
            mismatch = str(mapped)
        else:
            columns = mapped
    return InputFile(
        path=file.path,
        format=found,
        source=_source(path, found, finding.keys, rule),
        size=file.size,
        modified_ns=file.modified_ns,
        columns=columns,
        mismatch=mismatch if mismatch is None else f"not {found}: {mismatch}",
    )


def _read_ends(root: str, file: StoredFile) -> tuple[bytes, bytes, str]:
    """First bytes of the content, last bytes where nothing is compressed, and what broke."""
    try:
        with open_file(root, file.path) as stored:
            codec = find_codec(stored.read(8))
            content = Decompressed(stored, codec)
            head = content.read(_HEAD_BYTES)
            tail = b""
            if codec is None and file.size > _HEAD_BYTES:
                stored.seek(max(0, file.size - _TAIL_BYTES))
                tail = stored.read(_TAIL_BYTES)
    except OSError as error:
        raise ConfigError(f"{file.path}: cannot be read: {error.strerror or error}") from None
    return head, tail, str(content.failure or "")


def _suffixes(path: PurePosixPath) -> tuple[list[str], str | None]:
    """Suffixes of a name without the one of its compression, and that compression."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in _CODEC_SUFFIXES:
        return suffixes[:-1], _CODEC_SUFFIXES[suffixes[-1]]
    return suffixes, None


def _promise(
    path: PurePosixPath, suffixes: Sequence[str], codec: str | None, *, broken: bool
) -> Format | None:
    """Format that a name promises although the content does not keep it."""
    for suffix in reversed(suffixes):
        if suffix in _PROMISES:
            return _PROMISES[suffix]
        if suffix in _UNSUPPORTED_SUFFIXES or suffix in (".arc", ".wat", ".lz4", ".html", ".htm"):
            return None
    source = _folder_source(path)
    if re.match(r"R[CS]_\d{4}-\d\d", path.name):
        return Format.REDDIT
    if "pages-articles" in path.name or "pages-meta" in path.name:
        return Format.MEDIAWIKI
    if codec == "zstd" and not (suffixes and suffixes[-1] in _TEXT_SUFFIXES):
        return Format.REDDIT if source is Source.SOCIAL else Format.JSONL
    if not broken or not suffixes:
        return None
    if suffixes[-1] == ".xml":
        return Format.MEDIAWIKI if source is Source.WIKI else Format.FEED
    if suffixes[-1] in _TEXT_SUFFIXES:
        return Format.GUTENBERG if source is Source.BOOK else Format.PLAIN_TEXT
    return None


def _columns(
    root: str,
    file: StoredFile,
    format: Format,
    first: Mapping[str, Any] | None,
    rule: InputRule | None,
) -> dict[str, str] | str | RecordError:
    """Columns of a table, the reason why it holds no texts, or the defect that hides them."""
    given = rule.columns() if rule is not None else {}
    names: list[str] = list(first or {})
    if format is Format.PARQUET:
        try:
            with open_file(root, file.path) as stored:
                names = parquet_columns(stored)
        except RecordError as error:
            return error
    elif not names:
        names = _first_keys(root, file)
        if not names:  # no line can be read: the reader says so, line by line
            return map_columns([], {"text": "text"} | given) or {}
    for role, name in given.items():
        if format is Format.PARQUET and name not in names:
            raise ConfigError(
                f"{file.path}: no column {name} for {role}; columns: {', '.join(names)}"
            )
    mapping = map_columns(names, given)
    if mapping is None:
        return f"no column of texts among {', '.join(names)}; name it with text_column in a rule"
    return mapping


def _first_keys(root: str, file: StoredFile) -> list[str]:
    """Keys of the first line that is a JSON object, where the head did not hold a whole one."""
    with open_file(root, file.path) as stored:
        content = Decompressed(stored, find_codec(stored.read(8)))
        for line in islice(iterate_lines(content, _LONGEST_LINE), _LINES_TRIED):
            try:
                value = json.loads(line.bytes)
            except (ValueError, RecursionError):
                continue
            if isinstance(value, dict):
                return list(value)
    return []


def _source(
    path: PurePosixPath, format: Format, keys: Mapping[str, Any] | None, rule: InputRule | None
) -> Source:
    if rule is not None and rule.source is not None:
        return rule.source
    if format in USUAL_SOURCE:
        return USUAL_SOURCE[format]
    by_folder = _folder_source(path)
    if by_folder is not None:
        return by_folder
    names = {key.lower() for key in keys or {}}
    return next((source for source, known in _KEYS.items() if names & known), Source.TEXT)


def _folder_source(path: PurePosixPath) -> Source | None:
    """Source that the folders of a path name; the innermost wins."""
    for part in reversed(path.parts[:-1]):
        words = set(re.split(r"[^a-z]+", part.lower()))
        for source, names in _FOLDERS.items():
            if words & names:
                return source
    return None
