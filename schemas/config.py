"""TOML and ``--set key=value`` -> frozen pydantic models; errors name the key."""

import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from schemas.errors import ConfigError


class Section(BaseModel):
    """Base of every section of the configuration: immutable, unknown keys refused, no silent
    conversion between types; numbers are finite, as JSON has no others."""

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
        raise ConfigError(f"--set {override}: expected key=value, such as dedup.threshold=0.8")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    return key.strip().split("."), value


def build_config(
    model: type[ConfigT], tree: Mapping[str, Any], *, where: str, overrides: Iterable[str] = ()
) -> ConfigT:
    """Validate a tree of values, after the overrides, against ``model``.

    ``where`` names the origin of the tree (a file, "command line") in error messages.

    Raises:
        ConfigError: names the first wrong key, the value, what is allowed, and the other keys.
    """
    merged: dict[str, Any] = json.loads(json.dumps(tree, default=str))
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
        raise ConfigError(f"{where}: {_explain(error, model)}") from None


def load_config(model: type[ConfigT], path: str | None, overrides: Iterable[str] = ()) -> ConfigT:
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
        allowed = ", ".join(_keys_at(model, location[:-1])) or "nothing"
        message = f"unknown key {key}; allowed here: {allowed}"
    elif first["type"] == "missing":
        message = f"missing key {key}"
    else:
        said = first["msg"].removeprefix("Value error, ")  # pydantic's word for our own checks
        # What is said of the whole names its keys itself.
        message = f"{key} = {first['input']!r}: {said}" if key else said
    # Alternatives of one value are one mistake.
    keys = {".".join(map(str, other["loc"])): None for other in others}
    rest = [name for name in keys if name != key]
    return message + (f"; also wrong: {', '.join(rest)}" if rest else "")


def _keys_at(model: type[Section], path: list[str]) -> list[str]:
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
            return []
    return list(model.model_fields)
