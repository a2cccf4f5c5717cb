"""The rounds of the keyed permutation, see :mod:`trainer.permutation`."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from trainer.kernels.mixing import mix


@njit(nogil=True, cache=True)
def permute(
    cells: NDArray[np.uint64],
    size: np.uint64,
    num_rows: np.uint64,
    num_columns: np.uint64,
    round_keys: NDArray[np.uint64],
) -> None:
    """Replace each cell below ``size`` by its image, in place.

    A generalised Feistel network over ``num_rows * num_columns >= size`` cells; an image outside
    walks on along its cycle until it re-enters the range.
    """
    for place in range(len(cells)):
        cell = cells[place]
        while True:
            row, column = cell % num_rows, cell // num_rows
            for number in range(0, len(round_keys), 2):
                row += mix(column ^ round_keys[number]) % num_rows
                if row >= num_rows:
                    row -= num_rows
                column += mix(row ^ round_keys[number + 1]) % num_columns
                if column >= num_columns:
                    column -= num_columns
            cell = column * num_rows + row
            if cell < size:
                break
        cells[place] = cell
