"""UTF-16 without a mark, told by what its units would mean: for texts without many zeros, as
Chinese ones are."""

import numpy as np
from numpy.typing import NDArray

_LEAST_PLAUSIBLE = 0.97
_LEAST_FREQUENT = 0.02
"""Punctuation and the commonest characters are a tenth of a text, and far fewer in a table."""
_LEAST_UPPER = 0.05
"""Of the bytes of Chinese or Korean text a third is above 0x7F, of ASCII in pairs none."""
_LEAST_ZEROS = 0.25
"""Of the units of Latin text nearly all have one, unless it is a text in another encoding."""
_MOST_PAIRS = 0.25
"""More units of two ASCII characters than so many are words with zeros between them: what is not
ASCII in Latin text, and has so few bytes above 0x7F, is far less."""
_PLAUSIBLE_RANGES = (
    (0x09, 0x0A), (0x0D, 0x0D), (0x20, 0x7E), (0xA0, 0x17F), (0x391, 0x3C9), (0x401, 0x451),
    (0x2010, 0x203B), (0x2190, 0x2193), (0x2460, 0x2473), (0x25A0, 0x25CF), (0x3000, 0x303F),
    (0x3041, 0x30FF), (0x3105, 0x3129), (0x4E00, 0x9FA5), (0xAC00, 0xD7A3), (0xFF01, 0xFF5E),
)  # fmt: skip
_FREQUENT = (*map(ord, "\n 　、。，的一了人这這"),)
"""Of the commonest only those that no two ASCII letters or signs make."""


def _table(ranges: tuple[tuple[int, int], ...]) -> NDArray[np.bool_]:
    table = np.zeros(1 << 16, np.bool_)
    for first, last in ranges:
        table[first : last + 1] = True
    return table


_IS_PLAUSIBLE = _table(_PLAUSIBLE_RANGES)
_IS_FREQUENT = _table(tuple((unit, unit) for unit in _FREQUENT))


def is_ascii_in_pairs(low: bytes, high: bytes) -> bool:
    r"""Whether units of these bytes are ASCII text in which a zero stands here and there.

    >>> is_ascii_in_pairs(b"hlowrd" * 9, b"el\0ol " * 9)
    True
    """
    lows, highs = np.frombuffer(low, np.uint8), np.frombuffer(high, np.uint8)
    num_upper = np.count_nonzero(lows & 0x80) + np.count_nonzero(highs & 0x80)
    num_pairs = np.count_nonzero((highs >= 0x20) & (highs < 0x7F) & (lows < 0x7F))
    return bool(num_upper <= _LEAST_UPPER * 2 * len(lows) and num_pairs > _MOST_PAIRS * len(lows))


def find_by_units(head: bytes) -> str | None:
    """Python's name of the UTF-16 in which ``head`` is a text of plausible characters with common
    ones among them.

    >>> find_by_units("春天的茶園，霧氣很重。".encode("utf-16-be"))
    'utf-16-be'
    >>> find_by_units("春天的茶園，霧氣很重。".encode("gb18030")) is None
    True
    """
    head = head[: len(head) // 2 * 2]
    data = np.frombuffer(head, np.uint8)
    is_ascii = np.count_nonzero(data & 0x80) <= _LEAST_UPPER * len(data)
    if is_ascii and 2 * np.count_nonzero(data == 0) <= _LEAST_ZEROS * len(data):
        return None
    for name, order in (("utf-16-le", "<u2"), ("utf-16-be", ">u2")):
        units = np.frombuffer(head, order)
        num_plausible = np.count_nonzero(_IS_PLAUSIBLE[units])
        num_frequent = np.count_nonzero(_IS_FREQUENT[units])
        if (
            num_plausible >= _LEAST_PLAUSIBLE * len(units)
            and num_frequent >= 2
            and num_frequent > _LEAST_FREQUENT * len(units)
        ):
            return name
    return None
