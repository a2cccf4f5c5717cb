import pytest
import torch

from trainer.positions import rotary_angles, rotate, sinusoids


def test_rotated_products_depend_on_distance_alone():
    query, key = torch.randn(8), torch.randn(8)

    def product(at_query, at_key):
        turned = [
            rotate(v.view(1, 1, 1, 8), *rotary_angles(at, 1, 8, 100.0, torch.device("cpu")))
            for v, at in ((query, at_query), (key, at_key))
        ]
        return float((turned[0] * turned[1]).sum())

    assert product(3, 1) == pytest.approx(product(12, 10), abs=1e-5)
    assert product(3, 1) != pytest.approx(product(3, 2), abs=1e-3)


def test_waves_are_those_of_the_paper():
    waves = sinusoids(3, 2, 8, torch.device("cpu"))
    for row, position in enumerate((3.0, 4.0)):
        angles = [position / 10_000 ** (2 * i / 8) for i in range(4)]
        expected = torch.tensor(angles)
        torch.testing.assert_close(waves[row], torch.cat([expected.sin(), expected.cos()]))
