import numpy as np

from trainer.kernels.mixing import mix
from trainer.permutation import mix64


def test_mixing_is_that_of_plain_integers():
    for value in (0, 1, 0x9E3779B97F4A7C15, 2**63, 2**64 - 1):
        assert int(mix(np.uint64(value))) == mix64(value)
