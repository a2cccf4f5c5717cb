import numpy as np
import pytest
import torch

from trainer.dropout import Dropout, keep_mask, sample_keys
from trainer.permutation import derive_key

M = 2**32 - 1


def mix(x):
    x = ((x ^ (x >> 16)) * 0x21F0AAAD) & M
    x = ((x ^ (x >> 15)) * 0x735A2D97) & M
    return x ^ (x >> 15)


def test_the_mask_is_a_hash_in_plain_integers():
    keys = sample_keys(seed=3, step=7, first_row=5, num_rows=2)
    found = keep_mask(keys, 4, (2, 3), 0.4)
    for row in range(2):
        key = derive_key(3, 7, 5 + row)
        low = mix((key & M) ^ ((4 * 0x9E3779B1) & M))
        drawn = [mix(mix(counter ^ low) ^ (key >> 32)) for counter in range(6)]
        expected = [value >= round(0.4 * 2**32) for value in drawn]
        assert found[row].flatten().tolist() == expected


@pytest.mark.parametrize("probability", [0.1, 0.5])
def test_masks_are_unrelated_and_drop_the_wanted_share(probability):
    keys = sample_keys(seed=1, step=2, first_row=0, num_rows=4)
    masks = torch.cat([keep_mask(keys, site, (200, 100), probability) for site in (0, 1)])
    flat = masks.view(8, -1).double().numpy()
    assert flat.mean(1) == pytest.approx(1 - probability, abs=0.01)
    correlations = np.corrcoef(flat) - np.eye(8)
    assert abs(correlations).max() < 0.03
    for lag in (1, 2, 100):
        assert abs(np.corrcoef(flat[0, :-lag], flat[0, lag:])[0, 1]) < 0.03


def test_a_sample_keeps_its_mask_whatever_stands_beside_it():
    together = keep_mask(sample_keys(1, 2, 0, 4), 3, (5, 6), 0.5)
    alone = keep_mask(sample_keys(1, 2, 2, 1), 3, (5, 6), 0.5)
    assert torch.equal(together[2:3], alone)


def test_what_stays_is_scaled_and_evaluation_drops_nothing():
    dropout, ones = Dropout(0.25, site=1), torch.ones(2, 400, 10)
    for keys in (None, sample_keys(1, 1, 0, 2)):
        values = dropout(ones, keys)
        assert values.unique().tolist() == pytest.approx([0.0, 4 / 3])
        assert float(values.mean()) == pytest.approx(1, abs=0.05)
    dropout.eval()
    assert dropout(ones, sample_keys(1, 1, 0, 2)) is ones
