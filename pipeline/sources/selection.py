"""The options of a Spark data source -> the files that it reads, and how."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import takewhile
from pathlib import Path

from pipeline.sources.inputs import Format, InputFile, InputParams, InputRule
from pipeline.sources.recognise import scan
from schemas.config import Section, build_config
from schemas.errors import ConfigError
from schemas.object_store import is_remote, split_query

DUMPS = "corpusmill"
"""Name of the source that reads files of all formats, as a scan recognised them."""
_RULE_OPTIONS = (
    "text_column", "id_column", "url_column", "title_column", "author_column", "date_column",
    "language_column", "licence_column", "unit", "namespaces",
)  # fmt: skip
_SIZES = (
    "partition_bytes", "batch_bytes", "batch_rows", "max_record_bytes", "max_unfold_ratio",
    "free_unfold_bytes",
)  # fmt: skip
_KNOWN = ("path", "paths", "source", "redirects", *_RULE_OPTIONS, *_SIZES)


class Selection(Section):
    """The files that one DataFrame reads, and how; travels to Spark as JSON."""

    root: str
    files: tuple[InputFile, ...]
    params: InputParams


def select_files(format: Format | None, options: Mapping[str, str]) -> Selection:
    """Files that the options of a reader name, all taken as ``format`` when that is given.

    Of several paths the files are named from the innermost folder that holds them all; a file
    that two of them name is read once.

    Raises:
        ConfigError: an option is missing or wrong, or nothing matches.
    """
    if "selection" in options:
        return Selection.model_validate_json(options["selection"])
    where = f"options of {format or DUMPS}"
    if unknown := sorted(options.keys() - set(_KNOWN)):
        raise ConfigError(f"{where}: unknown option {unknown[0]}; known: {', '.join(_KNOWN)}")
    paths: list[str] = json.loads(options.get("paths", "[]")) or [options.get("path", "")]
    if not all(paths):
        raise ConfigError("option path is missing: a file, a folder or a glob")
    tree: dict[str, object] = {"match": "*", "format": format}
    tree |= {key: options[key] for key in ("source", *_RULE_OPTIONS) if key in options}
    if "redirects" in options:
        tree["redirects"] = _truth(options["redirects"], where)
    rule = build_config(InputRule, tree, where=where)
    sizes = {key: _number(options[key]) for key in _SIZES if key in options}
    params = build_config(InputParams, sizes, where=where)
    found = [_find(path, rule) for path in paths]
    root = found[0][0] if len(found) == 1 else _common_folder([place for place, _ in found])
    files = {file.path: file for place, some in found for file in _seen_from(root, place, some)}
    return Selection(root=root, files=tuple(files.values()), params=params)


def _find(path: str, rule: InputRule) -> tuple[str, list[InputFile]]:
    """Folder that a path leads to, and the files there that it names."""
    root, pattern = _split_glob(path)
    # A pattern may name folders, too: then their files are meant.
    patterns = [pattern] if pattern == "*" else [pattern, f"{pattern}/*"]
    rules = [rule.model_copy(update={"match": match}) for match in patterns]
    inventory = scan(root, [*rules, InputRule(match="*", ignore=True)])
    files = [
        file
        for file in inventory.files
        if any(fnmatchcase(file.path, pattern) for pattern in patterns)
    ]
    if not files:
        ours = [told for told in inventory.unrecognised if not told.endswith(_OURS)]
        reasons = "; ".join(["", *ours[:3]])
        raise ConfigError(f"{path}: no file of format {rule.format or 'any'} there{reasons}")
    return inventory.root, files


_OURS = ("(ignored by a rule)", "(a rule that matches no file)")
"""What the scan says about the rules that stand for a pattern."""


_STORE_PARTS = 3
"""Of a URI the scheme, nothing, and the bucket or host."""


def _common_folder(roots: Sequence[str]) -> str:
    """The innermost folder that holds all of these; of URIs with their options."""
    split = [
        split_query(root) if is_remote(root) else (os.path.normpath(Path.cwd() / root), "")
        for root in roots
    ]
    parts = zip(*(place.split("/") for place, _ in split), strict=False)
    shared = [names[0] for names in takewhile(lambda names: len(set(names)) == 1, parts)]
    options = {option for _, option in split}
    is_local = not any(map(is_remote, roots))
    if len(options) > 1 or not (is_local or len(shared) >= _STORE_PARTS):
        raise ConfigError(f"paths {', '.join(roots)}: read those of each storage by themselves")
    return ("/".join(shared) or "/") + options.pop()


def _seen_from(root: str, folder: str, files: Sequence[InputFile]) -> Iterator[InputFile]:
    """Files of a folder, with their paths from ``root`` on."""
    if is_remote(root):
        below = split_query(folder)[0].removeprefix(split_query(root)[0]).strip("/")
    else:
        below = os.path.relpath(folder, root)
    for file in files:
        path = file.path if below in ("", ".") else f"{below}/{file.path}"
        yield file.model_copy(update={"path": path})


def _truth(value: str, where: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise ConfigError(f"{where}: redirects = {value}: true or false wanted")
    return value.lower() == "true"


def _number(value: str) -> int | str:
    """Spark makes texts of numbers; what is none is left for the check, which names the option."""
    try:
        return int(value)
    except ValueError:
        return value


def _split_glob(path: str) -> tuple[str, str]:
    """Folder without wildcards that a path begins with, and the pattern below it."""
    # In a URI the question mark begins the options of the file system, and is no wildcard.
    path = path.removeprefix("file:")
    if not is_remote(path) and os.path.lexists(path):
        return path, "*"  # its name holds such signs
    place, options = split_query(path) if is_remote(path) else (path, "")
    parts = place.split("/")
    for index, part in enumerate(parts):
        if any(character in part for character in "*?["):
            folder = "/".join(parts[:index]) or ("/" if path.startswith("/") else ".")
            return folder + options, "/".join(parts[index:])
    return "/".join(parts) + options, "*"
