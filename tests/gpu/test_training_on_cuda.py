"""What only a CUDA device can show; everything here is skipped without one."""

from pathlib import Path

import pytest
import torch

from tests.trainer.conftest import manifest, tiny, tokenizer  # noqa: F401
from trainer import checkpoint
from trainer.attend import attend, visibility
from trainer.cross_entropy import Objective, cross_entropy
from trainer.dropout import Dropout, keep_mask, sample_keys
from trainer.loop import train
from trainer.metrics import read_metrics

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]
CUDA = ("runtime.device=cuda", "model.dropout=0.0", "data.sequence_length=16")


def rows(config):
    return read_metrics(Path(config.output) / "metrics.jsonl")


@pytest.mark.parametrize("kind", ["adamw", "adam", "sgd", "adagrad", "lion", "muon"])
def test_every_optimizer_learns_in_bfloat16(tiny, kind):  # noqa: F811
    config = tiny(*CUDA, "schedule.num_steps=60", f"optimizer.kind={kind}")
    train(config)
    assert rows(config)[-1]["loss"] < rows(config)[0]["loss"] - 0.2


@pytest.mark.slow
@pytest.mark.parametrize("masking", ["false", "true"])
def test_a_compiled_model_learns_the_same(tiny, masking):  # noqa: F811
    common = (*CUDA, "schedule.num_steps=20", f"model.document_masking={masking}")
    plain = tiny(*common, output="plain")
    compiled = tiny(*common, "runtime.compile=true", output="compiled")
    train(plain)
    train(compiled)
    for ours, theirs in zip(rows(compiled), rows(plain), strict=True):
        assert ours["loss"] == pytest.approx(theirs["loss"], rel=0.03)


def test_the_exact_mode_repeats_every_bit(tiny):  # noqa: F811
    exact = ("parallel.mode=exact", "parallel.num_slots=4", "model.dropout=0.2")
    runs = [tiny(*CUDA, *exact, output=name) for name in ("one", "two")]
    for config in runs:
        train(config)
    states = [checkpoint.read_state(checkpoint.find(Path(c.output), "latest")) for c in runs]
    assert states[0].files_sha256 == states[1].files_sha256


def test_flex_attention_masks_like_the_mask_of_bools():
    torch.manual_seed(0)
    query, key, value = (torch.randn(2, heads, 256, 64, device="cuda") for heads in (4, 2, 2))
    documents = torch.arange(256, device="cuda").div(50, rounding_mode="floor").expand(2, -1)
    found = [
        attend(query, key, value, visibility(256, 256, documents, query.device, flex), none, None)
        for flex in (False, True)
        for none in [Dropout(0.0, site=0)]
    ]
    torch.testing.assert_close(found[1], found[0], atol=2e-3, rtol=2e-3)


def test_masks_and_losses_are_those_of_the_cpu():
    keys = sample_keys(1, 2, 0, 3)
    on_cpu, on_cuda = (keep_mask(k, 5, (7, 11), 0.3) for k in (keys, keys.cuda()))
    assert torch.equal(on_cpu, on_cuda.cpu())
    hidden, head = torch.randn(50, 16), torch.randn(30, 16)
    targets, weights = torch.randint(30, (50,)), torch.rand(50)
    inputs = (hidden, head, targets, weights)
    expected, _ = cross_entropy(*inputs, Objective(chunk=20, z_loss=1e-3))
    found, _ = cross_entropy(*(t.cuda() for t in inputs), Objective(chunk=20, z_loss=1e-3))
    torch.testing.assert_close(found.cpu(), expected)
