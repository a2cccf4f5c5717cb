"""Numbers, texts and configurations as the page of the report shows them."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

# What HTML forbids and no reader can see; left in, they would hide in an audit.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")
_BLANK_LINES = re.compile(r"\s*\n\s*")


def flatten(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Dotted keys and values of a configuration tree, as ``--set`` takes them.

    >>> list(flatten({"dedup": {"threshold": 0.8}}))
    [('dedup.threshold', '0.8')]
    """
    for key, value in sorted(tree.items()):
        if isinstance(value, Mapping) and value:
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)


def format_count(count: int) -> str:
    """A whole number with thin groups of three digits.

    >>> format_count(1234567)
    '1,234,567'
    """
    return f"{count:,}"


def format_many(count: int, noun: str) -> str:
    """A number with its noun.

    >>> format_many(1, "file"), format_many(2000, "file")
    ('1 file', '2,000 files')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def format_share(part: float, whole: float) -> str:
    """A part of a whole in per cent, never broken over lines.

    >>> format_share(1, 3), format_share(1, 100000), format_share(0, 0)
    ('33.3\xa0%', '<\xa00.1\xa0%', '–')
    """
    if not whole:
        return "–"
    percent = 100 * part / whole
    return "<\xa00.1\xa0%" if 0 < percent < 0.1 else f"{percent:.1f}\xa0%"


def format_number(value: float | None) -> str:
    """A measured value, with as many digits as are of use.

    >>> format_number(0.30000001), format_number(50.0), format_number(None)
    ('0.3', '50', '–')
    """
    return "–" if value is None else f"{value:.4g}" if abs(value) < 10_000 else f"{value:,.0f}"


def format_size(size: int | None) -> str:
    """Bytes in the largest unit that leaves a number above one.

    >>> format_size(1536), format_size(12)
    ('1.5 KiB', '12 B')
    """
    if size is None:
        return "–"
    if size < 1024:
        return f"{size} B"
    power = min(4, int(math.log(size, 1024)))
    return f"{size / 1024**power:.1f} {('B', 'KiB', 'MiB', 'GiB', 'TiB')[power]}"


def show_controls(text: str) -> str:
    """Control characters and noncharacters replaced by a visible mark.

    >>> show_controls("a\\x00b")
    'a\ufffdb'
    """
    return _CONTROLS.sub("\ufffd", text)


def format_snippet(text: str) -> str:
    """The beginning of a text without its empty lines.

    >>> format_snippet("One.\\n\\n \\nTwo.\\n")
    'One.\\nTwo.'
    """
    return _BLANK_LINES.sub("\n", show_controls(text)).strip()
