import pytest
import torch

from trainer.average import WeightAverage


def model():
    layer = torch.nn.Linear(2, 1, bias=False)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[1.0, 2.0]]))
    return layer


def test_the_average_moves_by_hand():
    layer = model()
    average = WeightAverage(layer, decay=0.5)
    with torch.no_grad():
        layer.weight.fill_(11.0)
    average.update(0)  # 0.1 of the old: the warm-up
    torch.testing.assert_close(average.tensors["weight"], torch.tensor([[10.0, 10.1]]))
    average.update(1000)
    torch.testing.assert_close(average.tensors["weight"], torch.tensor([[10.5, 10.55]]))


def test_it_takes_the_place_of_the_weights_for_a_while():
    layer = model()
    average = WeightAverage(layer, decay=0.9)
    with torch.no_grad():
        layer.weight.zero_()
    with average.in_place():
        assert layer.weight.tolist() == [[1.0, 2.0]]
    assert layer.weight.tolist() == [[0.0, 0.0]]
    with pytest.raises(ValueError), average.in_place():
        raise ValueError
    assert layer.weight.tolist() == [[0.0, 0.0]]


def test_what_is_loaded_is_copied():
    average, value = WeightAverage(model(), 0.9), torch.zeros(1, 2)
    average.load({"weight": value})
    average.update(100)
    assert value.tolist() == [[0.0, 0.0]] and average.tensors["weight"].abs().sum() > 0
