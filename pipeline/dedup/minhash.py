"""MinHash signatures (Broder 1997), equal to those of datasketch 2 in its scheme affine32."""

from functools import lru_cache
from typing import Any, Literal, Self, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray
from pydantic import Field, model_validator

from pipeline.dedup.bands import collision_probability
from pipeline.dedup.hashing import mix32
from pipeline.dedup.shingles import Shingles, shingle_texts
from pipeline.text.utf8 import Texts
from schemas.config import Section


class MinHashParams(Section):
    """What a signature depends on."""

    shingle_size: int = Field(default=5, ge=1, le=64)
    """Words per shingle; characters in scripts without spaces between words."""
    bands: int = Field(default=20, ge=1, le=1024)
    """Slices of a signature; two documents that agree in one of them are compared: with b bands
    of r rows 1-(1-s^r)^b of the pairs of similarity s, with 20 of 6 0.270 at 0.5, 0.615 at 0.6,
    0.918 at 0.7, 0.980 at 0.75, 0.998 at 0.8, 1.000 at 0.85."""
    rows: int = Field(default=6, ge=1, le=64)
    """Values per band."""
    seed: int = Field(default=1, ge=0, le=2**32 - 1)
    """Of the permutations."""

    @property
    def num_permutations(self) -> int:
        """Values of a signature."""
        return self.bands * self.rows


SameUrl: TypeAlias = Literal["keep", "latest", "longest"]
"""What happens to documents of one URL."""


class DedupParams(MinHashParams):
    """What near-duplicate detection depends on."""

    same_url: SameUrl = "keep"
    """Of several documents with the same URL (up to scheme, ``www.``, fragment and a last slash)
    keep all, the one fetched (or else published) last, or the longest."""

    threshold: float = Field(default=0.8, gt=0, le=1)
    """Exact Jaccard similarity of the shingle sets from which on two documents are duplicates."""
    min_recall: float = Field(default=0.95, ge=0, le=1)
    """Bands and rows that find a smaller part of the pairs at the threshold are refused."""
    max_bucket_pairs_size: int = Field(default=32, ge=2, le=1000)
    """Documents that share a band key are all compared with each other up to this number. In
    larger buckets each is compared with a few centres, so the work stays linear."""
    num_centres: int = Field(default=4, ge=1, le=32)
    """Centres of a larger bucket, and neighbours that agree in two bands."""
    search_templates: bool = True
    """In larger buckets compare also texts that share what the centres lack: true copies among
    pages of which a template is the larger part, that meet in no other bucket (3 to 4 in 100 of
    those of similarity 0.82 to 0.85)."""
    keep_unlike_survivor: bool = False
    """Similarity is no chain: keep a document that is similar to others of its cluster but to
    none that stays. Without it one document of each cluster stays."""
    max_rounds: int = Field(default=60, ge=1)
    """Rounds of the connected components after which the job fails; log2 of the longest chain
    of duplicates is what they take."""

    @model_validator(mode="after")
    def _finds_enough(self) -> Self:
        recall = collision_probability(self.threshold, self.bands, self.rows)
        if recall < self.min_recall:
            raise ValueError(
                f"bands={self.bands}, rows={self.rows} find {recall:.3f} of the pairs at "
                f"threshold={self.threshold}, below min_recall={self.min_recall}"
            )
        return self

    @property
    def minhash(self) -> MinHashParams:
        """The part that signatures depend on."""
        return MinHashParams(
            shingle_size=self.shingle_size, bands=self.bands, rows=self.rows, seed=self.seed
        )

    @property
    def comparing(self) -> dict[str, Any]:
        """The part that decides which texts are compared with which."""
        return self.model_dump(
            mode="json", exclude={"same_url", "keep_unlike_survivor", "min_recall", "max_rounds"}
        )


@lru_cache(maxsize=8)
def permutations(num_permutations: int, seed: int) -> NDArray[np.uint32]:
    """Factors (odd) and summands of the permutations ``a * h + b`` modulo 2^32.

    Returns: uint32 (2, num_permutations), the numbers that datasketch draws from this seed.
    """
    generator = np.random.RandomState(seed)
    factors = generator.randint(0, 1 << 31, num_permutations, dtype=np.uint32) * np.uint32(2)
    summands = generator.randint(0, 1 << 32, num_permutations, dtype=np.uint32)
    return np.stack([factors + np.uint32(1), summands])


@njit("uint32[:, ::1](uint64[::1], int64[::1], uint32[:, ::1])", cache=True, nogil=True)
def _minima(
    hashes: NDArray[np.uint64], offsets: NDArray[np.int64], permuted: NDArray[np.uint32]
) -> NDArray[np.uint32]:
    texts, size = len(offsets) - 1, permuted.shape[1]
    factors, summands = permuted[0], permuted[1]
    result = np.full((texts, size), np.uint32(0xFFFFFFFF), np.uint32)
    for i in range(texts):
        minima = result[i]
        for j in range(offsets[i], offsets[i + 1]):
            mixed = mix32(np.uint32(hashes[j] >> np.uint64(32)))
            for k in range(size):  # 32-bit multiply, add, minimum: this loop vectorises
                minima[k] = min(minima[k], np.uint32(factors[k] * mixed + summands[k]))
    return result


def sign_shingles(shingles: Shingles, params: MinHashParams) -> NDArray[np.uint32]:
    """Signatures of shingled texts, uint32 (n, num_permutations)."""
    drawn = permutations(params.num_permutations, params.seed)
    result: NDArray[np.uint32] = _minima(shingles.hashes, shingles.offsets, drawn)
    return result


def signatures(texts: Texts, params: MinHashParams) -> NDArray[np.uint32]:
    """MinHash signatures of texts, uint32 (n, num_permutations).

    The share of equal values of two rows estimates the Jaccard similarity of the two sets of
    shingles. A text without anything in it has the signature of the empty set, all 2^32 - 1;
    the SIGNATURES table gives such a text no band keys, so that it matches nothing.

    >>> signatures(["one two three four five six", ""], MinHashParams()).shape
    (2, 120)
    """
    return sign_shingles(shingle_texts(texts, params.shingle_size), params)
