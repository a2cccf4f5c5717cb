"""A folder of mixed dumps -> what each file is, by its name and its content.

The content decides. A name that promises a dump whose content is none does not hide the file:
it stays an input, with the contradiction as its one unreadable record.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase
from functools import partial
from itertools import islice
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from pipeline.sources import json_values, plain_text
from pipeline.sources.columns import map_columns, namesakes, nested_names
from pipeline.sources.compression import Codec, find_codec
from pipeline.sources.csv_text import csv_columns
from pipeline.sources.ends import Ends, by_records, is_found_behind, read_ends
from pipeline.sources.inputs import (
    LINE_FORMATS,
    TABULAR,
    USUAL_SOURCE,
    Format,
    InputFile,
    InputParams,
    InputRule,
    Inventory,
)
from pipeline.sources.names import (
    folder_source,
    names_table,
    names_text,
    promised_format,
    why_not,
)
from pipeline.sources.sniff import Finding, sniff
from pipeline.sources.storage import StoredFile, list_files, open_file
from pipeline.sources.tabular import parquet_columns
from schemas.documents import Source
from schemas.errors import ConfigError, RecordError
from schemas.object_store import is_remote

__all__ = ["Format", "InputFile", "InputParams", "InputRule", "Inventory", "scan"]

_LONGEST_LINE = 64 << 20
_LINES_TRIED = 10
_LOCAL_THREADS = 4
_REMOTE_THREADS = 32
_FILES_AHEAD = 512
_NOT_IN_ARCHIVES = (Format.WARC, Format.WET, Format.EPUB, Format.PARQUET)
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
    for file, found in zip(stored, _recognise_all(folder, stored, rules), strict=True):
        if isinstance(found, InputFile):
            files.append(found)
        else:
            path = file.path.encode("utf-8", "backslashreplace").decode()
            unrecognised.append(f"{path} ({found})")
    for rule in rules:
        if not any(fnmatchcase(file.path, rule.match) for file in stored):
            unrecognised.append(f"{rule.match} (a rule that matches no file)")
    return Inventory(root=folder, files=tuple(files), unrecognised=tuple(unrecognised))


def _recognise_all(
    root: str, stored: Sequence[StoredFile], rules: Sequence[InputRule]
) -> Iterator[InputFile | str]:
    """What each file is, in their order. Opening a file is mostly waiting, above all for an
    object store, so several are open at a time."""
    threads = _REMOTE_THREADS if is_remote(root) else _LOCAL_THREADS
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, len(stored), _FILES_AHEAD):  # a mistake is told before all are read
            files = stored[start : start + _FILES_AHEAD]
            yield from pool.map(lambda file: _recognise(root, file, rules), files)


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
    if file.problem is not None:
        return _unopened(root, file, file.problem, rule)
    ends = read_ends(root, file)
    if ends.codec is not None and (inner := find_codec(ends.head)) is not None:
        finding = Finding(None, f"{inner} inside of {ends.codec}: unpack it once")
    elif ends.head:
        is_named_text = names_text(path) or names_table(path)
        finding = sniff(ends.head, ends.tail, is_named_text=is_named_text)
    else:
        finding = Finding(None, ends.defect or "empty file (0 bytes)")
    if ends.codec is Codec.SEVEN_ZIP:
        finding = _in_archive(finding, ends.defect)
    return _judge(root, file, finding, rule, ends)


def _unopened(root: str, file: StoredFile, problem: str, rule: InputRule | None) -> InputFile | str:
    """What cannot be opened, as what its name or a rule says it is: one unreadable record."""
    path = PurePosixPath(file.path)
    by_folder = folder_source(root, path)
    format = rule.format if rule is not None else None
    format = format or promised_format(path, by_folder, is_broken=True)
    if format is None:
        return problem
    source = _source(by_folder, format, None, rule)
    return InputFile(
        path=file.path,
        format=format,
        source=source,
        size=0,
        mismatch=problem,
        has_content=False,
    )


def _in_archive(found: Finding, defect: str) -> Finding:
    """What the file in a 7z archive is: what is no stream of text is to be unpacked."""
    if found.format is None:
        return Finding(None, defect or f"a 7z archive: {found.reason}")
    if found.format in _NOT_IN_ARCHIVES:
        return Finding(None, f"{found.format} in a 7z archive: unpack it with 7z x")
    return found


def _judge(
    root: str, file: StoredFile, finding: Finding, rule: InputRule | None, ends: Ends
) -> InputFile | str:
    is_broken = not ends.head
    path = PurePosixPath(file.path)
    by_folder = folder_source(root, path)
    found, reason = finding.format, finding.reason
    if found in (Format.PLAIN_TEXT, Format.GUTENBERG) and names_table(path):
        found = Format.CSV
    if found in (Format.PLAIN_TEXT, Format.GUTENBERG) and not names_text(path):
        found, reason = None, why_not(path)
    if found is Format.PLAIN_TEXT and by_folder is Source.BOOK:
        found = Format.GUTENBERG
    mismatch = None
    if rule is not None and rule.format is not None:
        found, mismatch = rule.format, reason if is_broken else None
    elif found is None:
        found = promised_format(path, by_folder, is_broken=is_broken) or by_records(path, ends.head)
        mismatch = reason
    if found is None:
        return reason
    if mismatch is not None and is_found_behind(found, ends):
        mismatch = None
    columns: dict[str, str] = {}
    if found in TABULAR and mismatch is None:
        mapped = _columns(
            partial(open_file, root, file.path, ends.start), file, found, finding.keys, rule
        )
        if isinstance(mapped, str):
            return mapped
        if isinstance(mapped, RecordError):
            mismatch = str(mapped)
        else:
            columns = mapped
    settings = rule.settings(found) if rule is not None else {}
    if found in LINE_FORMATS:
        has_lines = json_values.has_plain_lines(ends.head)
    else:
        has_lines = settings.get("unit") == "line" and plain_text.has_plain_lines(ends.head)
    return InputFile(
        path=file.path,
        format=found,
        source=_source(by_folder, found, finding.keys, rule),
        size=file.size,
        modified_ns=file.modified_ns,
        start=ends.start if mismatch is None else 0,
        columns=columns,
        settings=settings,
        mismatch=mismatch if mismatch is None else f"not {found}: {mismatch}",
        is_splittable=has_lines and ends.codec is None and mismatch is None,
    )


def _columns(
    open_it: Callable[[], BinaryIO],
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
            with open_it() as stored:
                names = parquet_columns(stored)
        except RecordError as error:
            return error
    elif format is Format.CSV:
        with open_it() as stored:
            names = csv_columns(stored)
    elif not names or given.get("text", names[0]) not in names:
        names = _first_keys(open_it)
        if not names:  # no line can be read: the reader says so, line by line
            return {"text": "text"} | given
    for role, name in given.items():
        # Records of JSON have what they have: only without any text a name is a mistake.
        if name not in names and (format is not Format.JSONL or role == "text"):
            raise ConfigError(
                f"{file.path}: no column {name} for {role}; columns: {', '.join(names)}"
            )
    mapping = map_columns(names, given)
    if mapping is None:
        return f"no column of texts among {', '.join(names)}; name it with text_column in a rule"
    if "text" not in given and namesakes(mapping["text"], names):
        return RecordError(
            f"two columns of texts: name one of {', '.join(names)} with text_column in a rule "
            "(byte 0)"
        )
    if format is Format.JSONL:  # what else a record holds, it tells itself
        return {"text": mapping["text"]} | given
    return mapping


def _first_keys(open_it: Callable[[], BinaryIO]) -> list[str]:
    """Keys of the first lines that are JSON objects: a key may be absent where it is empty."""
    names: dict[str, None] = {}
    with open_it() as stored:
        for line in islice(json_values.open_values(stored, _LONGEST_LINE)[1], _LINES_TRIED):
            try:
                value = json.loads(line.bytes)
            except (ValueError, RecursionError):
                continue
            if isinstance(value, dict):
                names |= dict.fromkeys([*value, *nested_names(value)])
    return list(names)


def _source(
    by_folder: Source | None,
    format: Format,
    keys: Mapping[str, Any] | None,
    rule: InputRule | None,
) -> Source:
    if rule is not None and rule.source is not None:
        return rule.source
    if format in USUAL_SOURCE:
        return USUAL_SOURCE[format]
    if by_folder is not None:
        return by_folder
    names = {key.lower() for key in keys or {}}
    return next((source for source, known in _KEYS.items() if names & known), Source.TEXT)
