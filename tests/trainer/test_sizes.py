import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from tests.trainer.test_model import OPTIONS, SHAPES, build
from trainer.model import Transformer
from trainer.model_params import PRESETS, ModelParams
from trainer.sizes import count_parameters, flops_per_token


@pytest.mark.parametrize("params", SHAPES + OPTIONS)
def test_the_formula_counts_every_parameter(params):
    model = build(params)
    assert count_parameters(params, 50) == sum(weight.numel() for weight in model.parameters())
    assert count_parameters(params, 50) == sum(w.numel() for w in model.weights().values())


@pytest.mark.parametrize("name", PRESETS)
def test_presets_have_the_weights_that_they_are_named_for(name):
    params = ModelParams(preset=name)
    with torch.device("meta"):
        model = Transformer(params, 50304)
    count = sum(weight.numel() for weight in model.parameters())
    assert count == count_parameters(params, 50304)
    wanted = float(name[:-1]) * {"M": 1e6, "B": 1e9}[name[-1]]
    if wanted < 100e6:
        count -= 50304 * params.d_model
    assert count == pytest.approx(wanted, rel=0.09)


@pytest.mark.parametrize("params", SHAPES + OPTIONS[:3])
def test_the_formula_counts_the_products_of_a_real_forward_pass(params):
    model, length = build(params), 64
    # Only the plain kernel of attention is made of products that the counter knows.
    with FlopCounterMode(display=False) as counter, torch.no_grad(), sdpa_kernel(SDPBackend.MATH):
        model.logits(model(torch.randint(50, (2, length))))
    # Forward is a third of a training step.
    assert counter.get_total_flops() * 3 == flops_per_token(params, 50, length) * 2 * length
