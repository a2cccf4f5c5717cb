"""Hashes that must never change: they are stored in tables."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedup.hashing import mix32, mix64
from tests.oracles import minhash_oracle


@given(st.integers(0, 2**32 - 1))
def test_the_32_bit_hash_is_the_finaliser_of_murmurhash3(value):
    assert mix32(np.uint32(value)) == minhash_oracle.mix32(value)


@given(st.integers(0, 2**64 - 1))
def test_the_64_bit_hash_is_the_finaliser_of_murmurhash3(value):
    mask = 2**64 - 1
    expected = value ^ value >> 33
    expected = expected * 0xFF51AFD7ED558CCD & mask
    expected ^= expected >> 33
    expected = expected * 0xC4CEB9FE1A85EC53 & mask
    assert mix64(np.uint64(value)) == expected ^ expected >> 33
