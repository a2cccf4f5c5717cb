"""The keys of a configuration with their defaults, for ``--help``."""

import json
import textwrap
from collections.abc import Iterator
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from schemas.config import Section

_WIDTH = 96


def describe_keys(model: type[Section]) -> str:
    """Every key as ``--set`` and TOML write it, with its default and the first sentence about it.

    Keys of a section that may be given several times stand below ``[[name]]``; such lists are for
    the configuration file. A section that may be absent says so. Of a section like an earlier one
    the first and the last key stand there.

    >>> class Size(Section):
    ...     width: int = 3
    >>> print(describe_keys(Size))
      width = 3
    """
    return "\n".join(_lines(model, "", "  ", set()))


def _lines(
    model: type[Section],
    prefix: str,
    indent: str,
    seen: set[type[Section]],
    required: str = "(required)",
) -> Iterator[str]:
    seen.add(model)
    for name, field in model.model_fields.items():
        key = f"{prefix}{name}"
        section = next((part for part in _parts(field.annotation) if _is_section(part)), None)
        default = None if field.is_required() else field.get_default(call_default_factory=True)
        if section is None or _is_list(field.annotation):
            yield f"{indent}{key} {required if field.is_required() else _assigned(default)}"
            yield from _note(field, indent)
            if section is not None:
                yield f"{indent}  [[{key}]]"
                yield from _lines(section, "", indent + "    ", seen)
        elif any(issubclass(other, section) for other in seen):
            first, *_, last = section.model_fields
            yield f"{indent}{key}.{first} to {key}.{last} (as above)"
            yield from _note(field, indent)
        elif field.is_required() or default is not None:
            yield from _lines(section, f"{key}.", indent, seen)
        else:
            yield f"{indent}{key} (unset)"
            yield from _note(field, indent)
            yield from _lines(section, f"{key}.", indent, seen, f"(required in [{key}])")


def _parts(annotation: Any) -> Iterator[Any]:
    """A type and all that it is made of: of ``tuple[Rule, ...] | None`` also ``Rule``."""
    yield annotation
    if get_origin(annotation) is not Literal:
        for part in get_args(annotation):
            yield from _parts(part)


def _is_list(annotation: Any) -> bool:
    return any(get_origin(part) in (tuple, list) for part in _parts(annotation))


def _is_section(part: Any) -> bool:
    return isinstance(part, type) and issubclass(part, Section)


def _assigned(default: Any) -> str:
    if default is None:
        return "(unset)"
    return "= " + json.dumps(default, ensure_ascii=False, default=str)


def _note(field: FieldInfo, indent: str) -> Iterator[str]:
    """Values that are allowed, and the first sentence of the docstring without its markup."""
    values = [str(value) for part in _parts(field.annotation) for value in _values(part)]
    text = " ".join((field.description or "").replace("``", "").split())
    notes = [text.partition(". ")[0].removesuffix(".")] if text else []
    notes += [f"one of {', '.join(values)}"] if values else []
    yield from textwrap.wrap(
        "; ".join(notes),
        _WIDTH,
        initial_indent=f"{indent}    ",
        subsequent_indent=f"{indent}    ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _values(part: Any) -> list[Any]:
    if get_origin(part) is Literal:
        return list(get_args(part))
    if isinstance(part, type) and issubclass(part, Enum):
        return [member.value for member in part]
    return []
