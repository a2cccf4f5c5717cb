"""Signatures against datasketch and against Python integers."""

import numpy as np
import pyarrow as pa
import pytest
from datasketch import MinHash
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.dedup.minhash import DedupParams, MinHashParams, permutations, signatures
from pipeline.dedup.shingles import shingle_texts
from schemas.config import build_config
from schemas.errors import ConfigError
from tests.oracles import minhash_oracle

TEXTS = [
    "The quick brown fox jumps over the lazy dog and runs away from here",
    "机器学习是人工智能的一个分支，研究计算机怎样模拟人类的学习行为",
    "short",
    "",
    " ".join(str(i * i) for i in range(500)),
]


@pytest.mark.parametrize("seed", [0, 1, 42, 2**32 - 1])
def test_signatures_equal_those_of_datasketch(seed):
    params = MinHashParams(bands=9, rows=7, seed=seed)
    found = signatures(TEXTS, params)
    shingles = shingle_texts(TEXTS, params.shingle_size)
    hashes32, bounds = shingles.hashes32(), shingles.offsets
    for i in range(len(TEXTS)):
        reference = MinHash(num_perm=63, seed=seed, scheme="affine32", hashfunc=int)
        reference.update_batch(hashes32[bounds[i] : bounds[i + 1]].tolist())
        np.testing.assert_array_equal(found[i], reference.hashvalues)


@settings(max_examples=30)
@given(st.lists(st.text(max_size=60), max_size=4), st.integers(1, 40))
def test_signatures_equal_python_integers(texts, rows):
    params = MinHashParams(shingle_size=2, bands=1, rows=rows)
    factors, summands = permutations(rows, params.seed).tolist()
    shingles = shingle_texts(texts, 2)
    expected = [
        minhash_oracle.minima([value >> 32 for value in shingles[i].tolist()], factors, summands)
        for i in range(len(texts))
    ]
    assert signatures(texts, params).tolist() == expected


def test_the_shape_and_type_are_those_promised():
    found = signatures(TEXTS, MinHashParams())
    assert found.dtype == np.uint32
    assert found.shape == (len(TEXTS), MinHashParams().num_permutations)
    assert signatures([], MinHashParams()).shape == (0, 120)


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_arrow_columns_give_what_strings_give(kind):
    column = pa.array(["left out", *TEXTS], kind)[1:]
    expected = signatures(TEXTS, MinHashParams())
    np.testing.assert_array_equal(signatures(column, MinHashParams()), expected)
    chunked = pa.chunked_array([column[:2], column[2:]])
    np.testing.assert_array_equal(signatures(chunked, MinHashParams()), expected)


def test_the_estimate_is_as_good_as_theory_says():
    params = MinHashParams(bands=100, rows=10)
    numbers = [str(i) for i in range(900)]
    one, other = signatures([" ".join(numbers[:600]), " ".join(numbers[150:750])], params)
    exact = (450 - 4) / (600 - 4 + 600 - 4 - (450 - 4))
    deviation = (exact * (1 - exact) / 1000) ** 0.5
    assert abs(np.mean(one == other) - exact) < 4 * deviation


def test_parameters_that_miss_duplicates_are_refused():
    # What the optimiser of datasketch recommends for 0.8 finds 40 % of the pairs at 0.8.
    with pytest.raises(ConfigError, match=r"find 0\.399 of the pairs"):
        build_config(DedupParams, {"bands": 9, "rows": 13}, where="corpus.toml")


def test_the_default_finds_99_percent_at_the_threshold():
    build_config(DedupParams, {"min_recall": 0.99}, where="corpus.toml")


def test_signatures_depend_on_their_own_parameters_only():
    assert DedupParams(threshold=0.9).minhash == DedupParams(max_bucket_pairs_size=7).minhash
    assert DedupParams(seed=5, shingle_size=3).minhash == MinHashParams(seed=5, shingle_size=3)
