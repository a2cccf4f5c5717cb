"""The greedy choice of documents that stay: the kernel of ``chains``."""

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit("int64[::1](int64, int64[::1], int64[::1], float64[::1])", cache=True, nogil=True)
def choose_survivors(
    num_nodes: int,
    better: NDArray[np.int64],
    worse: NDArray[np.int64],
    similarity: NDArray[np.float64],
) -> NDArray[np.int64]:
    """For each node the one that it falls to, int64 (num_nodes,); itself where it stays.

    Nodes of a component are numbered from the best to the worst. An edge joins
    ``better[i] < worse[i]``; edges ascend by ``better``. A node falls to the most similar of
    those that stay, among equals to the best.
    """
    falls_to = np.arange(num_nodes)
    highest = np.full(num_nodes, -1.0)
    for i in range(len(better)):
        # All edges towards better ones of this node have been seen: its fate is known.
        if falls_to[better[i]] == better[i] and similarity[i] > highest[worse[i]]:
            falls_to[worse[i]] = better[i]
            highest[worse[i]] = similarity[i]
    return falls_to
