"""TOML and ``--set key=value`` -> frozen pydantic models; errors name the key."""

import json
import tomllib
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, ClassVar, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from schemas.errors import ConfigError


class Section(BaseModel):
    """Base of every section of the configuration: immutable, unknown keys refused, no silent
    conversion between types; numbers are finite, as JSON has no others.

    Attributes:
        stands_for: of keys that stand for others, such as a preset: keys of the file that give
            way where the command line sets it.
    """

    stands_for: ClassVar[Mapping[str, Collection[str]]] = {}
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
    )


ConfigT = TypeVar("ConfigT", bound=Section)


def read_toml(path: str) -> dict[str, Any]:
    """Parse a TOML file.

    Raises:
        ConfigError: the file does not exist, is not readable or is not TOML.
    """
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such configuration file") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as TOML: {error}") from None


def parse_override(override: str) -> tuple[list[str], Any]:
    """Split ``dedup.threshold=0.8`` into its key path and its value, read as TOML.

    >>> parse_override("dedup.threshold=0.8")
    (['dedup', 'threshold'], 0.8)
    >>> parse_override("spark.master=local[2]")
    (['spark', 'master'], 'local[2]')

    Raises:
        ConfigError: there is no ``=`` or no key.
    """
    key, separator, text = override.partition("=")
    if not separator or not key.strip():
        name = key.strip() or "key"
        raise ConfigError(f"--set {override}: expected key=value, such as {name}=1")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    return key.strip().split("."), value


def build_config(
    model: type[ConfigT], tree: Mapping[str, Any], *, where: str, overrides: Sequence[str] = ()
) -> ConfigT:
    """Validate a tree of values, after the overrides, against ``model``.

    ``where`` names the origin of the tree (a file, "command line") in error messages; a mistake
    of an override is told of that override.

    Raises:
        ConfigError: names the first wrong key, the value, what is allowed, and the other keys.
    """
    merged: dict[str, Any] = json.loads(json.dumps(tree, default=str))
    paths = [parse_override(override)[0] for override in overrides]
    for path in paths:
        _make_way(model, merged, path)
    for override in overrides:
        path, value = parse_override(override)
        node = merged
        for name in path[:-1]:
            child = node.setdefault(name, {})
            if not isinstance(child, dict):
                raise ConfigError(f"--set {override}: {name} is a value, not a section")
            node = child
        node[path[-1]] = value
    try:
        # Strict validation of JSON still takes arrays for tuples and texts for enumerations.
        return model.model_validate_json(json.dumps(merged, default=str))
    except ValidationError as error:
        location = [str(part) for part in error.errors()[0]["loc"]]
        origin = _origin(where, tree, dict(zip(overrides, paths, strict=True)), location)
        raise ConfigError(f"{origin}: {_explain(error, model)}") from None


def _origin(
    where: str, tree: Mapping[str, Any], overrides: Mapping[str, list[str]], location: list[str]
) -> str:
    """Who set what is wrong at ``location``: the file, an override, or both a part of a section."""
    for override, path in reversed([*overrides.items()]):
        size = min(len(path), len(location))
        if size and path[:size] == location[:size]:
            is_shared = len(path) > len(location) and _holds(tree, location)
            return f"{where} with --set {override}" if is_shared else f"--set {override}"
    return where


def _holds(tree: Any, path: list[str]) -> bool:
    for name in path:
        if not isinstance(tree, Mapping) or name not in tree:
            return False
        tree = tree[name]
    return True


def _make_way(model: type[Section], tree: dict[str, Any], path: list[str]) -> None:
    """Take out of the file's values those that the key at ``path`` stands for."""
    section = _section_at(model, path[:-1])
    for name in path[:-1]:
        tree = tree.get(name, {}) if isinstance(tree, dict) else {}
    for name in section.stands_for.get(path[-1], ()) if section and isinstance(tree, dict) else ():
        tree.pop(name, None)


def load_config(model: type[ConfigT], path: str | None, overrides: Sequence[str] = ()) -> ConfigT:
    """Read ``path`` (defaults alone when ``None``), apply overrides, validate.

    Raises:
        ConfigError: see :func:`read_toml` and :func:`build_config`.
    """
    tree = read_toml(path) if path is not None else {}
    return build_config(model, tree, where=path or "configuration", overrides=overrides)


def _explain(error: ValidationError, model: type[Section]) -> str:
    first, *others = error.errors(include_url=False)
    location = [str(part) for part in first["loc"]]
    key = ".".join(location)
    if first["type"] == "extra_forbidden":
        allowed = _keys_at(model, location[:-1])
        close = get_close_matches(location[-1], allowed, 1)
        message = f"unknown key {key}; " + (f"did you mean {close[0]}? " if close else "")
        message += f"allowed here: {', '.join(allowed) or 'nothing'}"
    elif first["type"] == "missing":
        message = f"missing key {key}"
    else:
        # What is said of a whole section names its keys itself.
        value = "" if isinstance(first["input"], dict) else f" = {first['input']!r}"
        message = f"{key}{value}: {_said(first)}" if key else _said(first)
    # Alternatives of one value are one mistake.
    keys = {".".join(map(str, other["loc"])): None for other in others}
    rest = [name for name in keys if name != key]
    return message + (f"; also wrong: {', '.join(rest)}" if rest else "")


def _said(error: ErrorDetails) -> str:
    """What is wrong with a value, in our words."""
    if error["type"] in ("tuple_type", "list_type"):
        return 'must be a list, such as ["a", "b"]'
    if error["type"] == "model_type":
        return "must be a section of keys, not a value or a list"
    if error["type"] == "string_pattern_mismatch":
        return f"must be of the form {error['ctx']['pattern']}"
    said = error["msg"].removeprefix("Value error, ")  # pydantic's word for our own checks
    return said.replace("Input should be", "must be", 1)


def _keys_at(model: type[Section], path: list[str]) -> list[str]:
    section = _section_at(model, path)
    return list(section.model_fields) if section else []


def _section_at(model: type[Section], path: list[str]) -> type[Section] | None:
    for name in path:
        field = model.model_fields.get(name)
        annotation = field.annotation if field else None
        # Of tuple[Rule, ...] the rule; a position in it is no field.
        for part in get_args(annotation):
            if isinstance(part, type) and issubclass(part, Section):
                annotation = part
        if isinstance(annotation, type) and issubclass(annotation, Section):
            model = annotation
        elif not name.isdigit():
            return None
    return model
