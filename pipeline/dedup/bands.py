"""Banding of MinHash signatures: which pairs of documents are worth comparing.

Rajaraman and Ullman, Mining of Massive Datasets, chapter 3.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.dedup.hashing import mix64


def collision_probability(similarity: float, bands: int, rows: int) -> float:
    """Chance ``1 - (1 - s^r)^b`` that two documents of this Jaccard similarity share a band.

    >>> [round(collision_probability(s / 10, bands=20, rows=6), 3) for s in (3, 5, 7, 8, 9)]
    [0.014, 0.27, 0.918, 0.998, 1.0]

    What the optimiser of datasketch gives for a threshold of 0.8, at that threshold:

    >>> round(collision_probability(0.8, bands=9, rows=13), 3)
    0.399
    """
    return float(1.0 - (1.0 - similarity**rows) ** bands)


@njit("int64[:, ::1](uint32[:, ::1], int64, int64)", cache=True, nogil=True)
def _band_keys(signatures: NDArray[np.uint32], bands: int, rows: int) -> NDArray[np.int64]:
    keys = np.empty((len(signatures), bands), np.int64)
    for i in range(len(signatures)):
        for band in range(bands):
            # The band number is hashed in: equal rows in different bands are no collision.
            key = mix64(np.uint64(band + 1))
            for row in range(rows):
                key = mix64(key ^ np.uint64(signatures[i, band * rows + row]))
            keys[i, band] = np.int64(key)
    return keys


def band_keys(signatures: NDArray[np.uint32], bands: int, rows: int) -> NDArray[np.int64]:
    """One 64-bit key per band, int64 (n, bands), of signatures uint32 (n, bands x rows).

    Raises:
        ValueError: the signatures do not have ``bands x rows`` values.
    """
    if signatures.ndim != 2 or signatures.shape[1] != bands * rows:
        raise ValueError(f"{bands} bands of {rows} rows do not fit signatures {signatures.shape}")
    keys: NDArray[np.int64] = _band_keys(np.ascontiguousarray(signatures), bands, rows)
    return keys
