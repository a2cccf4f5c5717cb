"""What only a CUDA device can show; everything here is skipped without one."""

from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

from tests.trainer.conftest import manifest, tiny, tokenizer  # noqa: F401
from trainer import checkpoint, triton_kernels
from trainer.attend import attend, visibility
from trainer.cross_entropy import Objective, cross_entropy
from trainer.distributed import World
from trainer.dropout import Dropout, keep_mask, sample_keys
from trainer.loop import train
from trainer.loss import SummedLoss
from trainer.metrics import read_metrics
from trainer.model import Transformer
from trainer.precision import autocast
from trainer.sharding import shard, whole

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


OPTIONS = {
    "default": (),
    "heads too small for flex attention": ("model.document_masking=true",),
    "flex attention": ("model.document_masking=true", "model.d_model=64"),
    "residual in bfloat16": ("runtime.residual=products",),
}


@pytest.mark.slow
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_a_compiled_model_learns_the_same(tiny, options):  # noqa: F811
    common = (*CUDA, "schedule.num_steps=20", *options)
    plain = tiny(*common, output="plain")
    compiled = tiny(*common, "runtime.compile=true", output="compiled")
    train(plain)
    train(compiled)
    for ours, theirs in zip(rows(compiled), rows(plain), strict=True):
        assert ours["loss"] == pytest.approx(theirs["loss"], rel=0.03)


@pytest.mark.parametrize("options", [(), ("model.qk_norm=false",), ("runtime.precision=float32",)])
def test_with_and_without_kernels_a_model_learns_the_same(tiny, options, monkeypatch):  # noqa: F811
    common = (*CUDA, "schedule.num_steps=20", *options)
    ours, plain = tiny(*common, output="kernels"), tiny(*common, output="plain")
    train(ours)
    monkeypatch.setattr(triton_kernels, "takes", lambda values: False)
    train(plain)
    for with_kernels, without in zip(rows(ours), rows(plain), strict=True):
        assert with_kernels["loss"] == pytest.approx(without["loss"], rel=0.01)


def test_the_exact_mode_repeats_every_bit(tiny):  # noqa: F811
    exact = ("parallel.mode=exact", "parallel.num_slots=4", "model.dropout=0.2")
    runs = [tiny(*CUDA, *exact, output=name) for name in ("one", "two")]
    for config in runs:
        train(config)
    states = [checkpoint.read_state(checkpoint.find(Path(c.output), "latest")) for c in runs]
    assert states[0].files_sha256 == states[1].files_sha256


@pytest.fixture
def nccl(tmp_path):
    """A group of one rank: what one device can show of NCCL."""
    torch.cuda.set_device(0)
    store = f"file://{tmp_path}/rendezvous"
    dist.init_process_group("cpu:gloo,cuda:nccl", init_method=store, rank=0, world_size=1)
    yield World(0, 1, 0, torch.device("cuda", 0))
    dist.destroy_process_group()


@pytest.mark.parametrize("wrapping", ["ddp", "fsdp"])
def test_wrapped_by_nccl_the_gradient_is_the_same(tiny, nccl, wrapping):  # noqa: F811
    config = tiny(*CUDA)
    inputs = torch.randint(300, (4, 17), device="cuda")
    weights = torch.rand(4, 16, device="cuda")

    def gradients(wrap):
        torch.manual_seed(0)
        loss = SummedLoss(Transformer(config.model, 300).cuda(), config.loss)
        wrapped = wrap(loss)
        with autocast(config.runtime, nccl.device):
            wrapped(inputs[:, :-1], inputs[:, 1:], weights).objective.backward()
        return {name: whole(weight.grad) for name, weight in loss.model.weights().items()}

    def fsdp(loss):
        shard(loss, loss.model.blocks, config, nccl)
        return loss

    expected = gradients(lambda loss: loss)
    found = gradients(DistributedDataParallel if wrapping == "ddp" else fsdp)
    for name, gradient in expected.items():
        difference = (found[name] - gradient).norm() / gradient.norm()
        assert difference < (1e-5 if wrapping == "ddp" else 0.05), name


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
