"""Which batch a step takes when some are left out."""

from collections.abc import Sequence

Window = tuple[int, int]


def batch_number(step: int, skipped: Sequence[Window]) -> int:
    """Number of the batch that a step takes: the ``step``-th of those that are not skipped.

    ``skipped``: first and last number of each window, in ascending order.

    >>> [batch_number(step, [(2, 3), (5, 5)]) for step in range(5)]
    [0, 1, 4, 6, 7]
    """
    number = step
    for first, last in skipped:
        if number >= first:
            number += last - first + 1
    return number
