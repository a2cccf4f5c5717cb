"""Tokens per second and MFU of a training step, beside a plain loop of the same model.

python -m tests.benchmarks.bench_train [--device cuda] [--preset 124M] [--micro 32] [--length 1024]

The plain loop is nanoGPT's: random stretches of one file, whole logits in float32, torch's fused
AdamW, ``loss.item()`` at each step. Both take turns in one run, on the same made-up tokens and with
the same precision and compilation. On CUDA, ``make bench-gpu`` runs 124M, 350M and 1.3B.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import torch
import torch.nn.functional as F

from schemas.config import build_config
from tests.trainer.handmade import Document, train_tokenizer, write_shards
from trainer.config import TrainConfig
from trainer.devices import memory_bytes, peak_flops
from trainer.distributed import World
from trainer.loss import SummedLoss
from trainer.model import Transformer
from trainer.optim import Optimizer
from trainer.precision import autocast, product_dtype
from trainer.reader import open_reader
from trainer.sizes import count_parameters, flops_per_token
from trainer.step import Step

ROUNDS = 5


def make_config(arguments: argparse.Namespace, folder: Path) -> TrainConfig:
    """Random tokens of the whole vocabulary, in one shard."""
    size = arguments.vocabulary
    tokenizer = train_tokenizer(["a"], 300)
    random = np.random.default_rng(0)
    ids = random.integers(1, 257, arguments.length * arguments.micro * 8)
    manifest = write_shards(folder, tokenizer, [("train", [Document(ids.tolist(), len(ids))])])
    text = json.loads(manifest.read_text())
    text["tokenizer"]["vocabulary_size"] = size  # rows of the output layer, used or not
    manifest.write_text(json.dumps(text))
    tree = {
        "output": str(folder / "run"),
        "model": {"preset": arguments.preset, "num_kv_heads": arguments.kv_heads}
        if arguments.kv_heads
        else {"preset": arguments.preset},
        "data": {
            "manifest": str(manifest),
            "sequence_length": arguments.length,
            "global_batch_size": arguments.micro,
            "micro_batch_size": arguments.micro,
        },
        "runtime": {"device": arguments.device, "compile": arguments.compile},
    }
    return build_config(TrainConfig, tree, where="benchmark")


def ours(config: TrainConfig, world: World, vocabulary_size: int) -> Callable[[int], None]:
    """This project's step, with its reader; one round of so many steps."""
    torch.manual_seed(0)
    reader = open_reader(config, world)
    loss = SummedLoss(Transformer(config.model, vocabulary_size).to(world.device), config.loss)
    optimizer = Optimizer(loss.model, config.optimizer)
    step = Step(loss, optimizer, None, reader.batches.stream.manifest.sources, config, world)

    def turn(num_steps: int) -> None:
        taken = [step(100, coming.result()) for coming in reader.ahead(0, num_steps)]
        step.read(taken[-1])

    return turn


def plain(config: TrainConfig, world: World, vocabulary_size: int) -> Callable[[int], None]:
    """A loop as nanoGPT writes it, around the same model."""
    torch.manual_seed(0)
    model = Transformer(config.model, vocabulary_size).to(world.device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95), fused=True)
    length, size = config.data.sequence_length, config.data.micro_batch_size
    path = next(Path(config.data.manifest).parent.rglob("*.bin"))

    def forward(inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        logits = model.logits(model(inputs))
        return F.cross_entropy(logits.float().flatten(0, 1), targets.flatten())

    loss_of = torch.compile(forward) if config.runtime.compile else forward

    def turn(num_steps: int) -> None:
        for _ in range(num_steps):
            data = np.memmap(path, np.uint16, mode="r")
            starts = torch.randint(len(data) - length - 1, (size,)).tolist()
            rows = np.stack([data[s : s + length + 1].astype(np.int64) for s in starts])
            batch = torch.from_numpy(rows).to(world.device)
            with autocast(config.runtime, world.device):
                loss = loss_of(batch[:, :-1], batch[:, 1:])
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            loss.item()

    return turn


def main() -> None:
    """Print one line per loop: median of the rounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--preset", default="1M")
    parser.add_argument("--micro", type=int, default=8)
    parser.add_argument("--length", type=int, default=128)
    parser.add_argument("--steps", type=int, default=10, help="in a round")
    parser.add_argument("--vocabulary", type=int, default=4096)
    parser.add_argument("--kv-heads", type=int)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--compile", action="store_true")
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    world = World(0, 1, 0, torch.device(arguments.device))
    with tempfile.TemporaryDirectory() as folder:
        config = make_config(arguments, Path(folder))
        dtype = product_dtype(config.runtime, world.device)
        peak, source = peak_flops(world.device, dtype)
        size = arguments.vocabulary
        tokens = arguments.micro * arguments.length * arguments.steps
        operations = flops_per_token(config.model, size, arguments.length)
        # On a CPU that others use, too, its own time is the fair one.
        clock = time.process_time if arguments.device == "cpu" else time.perf_counter
        cores = torch.get_num_threads() if arguments.device == "cpu" else 1
        loops = {"ours": ours(config, world, size), "plain": plain(config, world, size)}
        for turn in loops.values():
            turn(3)  # compile, warm up
        seconds: dict[str, list[float]] = {name: [] for name in loops}
        for _ in range(ROUNDS):
            for name, turn in loops.items():
                started = clock()
                turn(arguments.steps)
                seconds[name].append((clock() - started) / cores)
        print(
            f"{arguments.preset}, {count_parameters(config.model, size):,} weights, "
            f"{arguments.micro} x {arguments.length} tokens, {dtype}, "
            f"peak {peak / 1e12:.3g} TFLOP/s ({source})"
        )
        for name, times in seconds.items():
            rate = tokens / median(times)
            print(f"{name:<6} {rate:>12,.0f} tokens/s  MFU {rate * operations / peak:.1%}")
        ratio = median(a / b for a, b in zip(seconds["plain"], seconds["ours"], strict=True))
        print(f"ours / plain {ratio:.2f}; memory {memory_bytes(world.device) / 2**30:.1f} GiB")


if __name__ == "__main__":
    main()
