"""Tokens per second and MFU of a training step, beside a plain loop of the same model.

python -m tests.benchmarks.bench_train [--device cuda] [--preset 124M] [--micro 32] [--length 1024]

The plain loop is nanoGPT's, see :mod:`tests.benchmarks.train_peers`; on CUDA, ``transformers``
takes part where it is installed. All take turns in one run, on the same made-up tokens and with the
same precision and compilation. ``make bench-gpu`` runs 124M, 350M and 1.3B; there, a step of ours
that waits for the device ends the run.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TypeVar, cast

import numpy as np
import torch

from schemas.config import build_config
from tests.benchmarks.gpu_profile import profile_steps
from tests.benchmarks.history import append_history
from tests.benchmarks.train_peers import Turn, has_transformers, hugging_face, plain
from tests.trainer.handmade import Document, train_tokenizer, write_shards
from trainer.config import TrainConfig
from trainer.devices import memory_bytes, peak_flops
from trainer.distributed import World
from trainer.loss import SummedLoss
from trainer.model import Transformer
from trainer.optim import Optimizer
from trainer.precision import product_dtype
from trainer.reader import open_reader
from trainer.sizes import count_parameters, flops_per_token
from trainer.step import Step

PEERS = {"plain": plain, "transformers": hugging_face}
TurnT = TypeVar("TurnT", bound=Turn)


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
        "runtime": {
            "device": arguments.device,
            "compile": arguments.compile,
            "residual": arguments.residual,
        },
    }
    return build_config(TrainConfig, tree, where="benchmark")


class Ours:
    """This project's step, with its reader.

    Attributes:
        waited: seconds that the last turn spent waiting for data.
        may_wait: whether a step may wait for the device, as compiling does.
    """

    def __init__(self, config: TrainConfig, world: World, vocabulary_size: int) -> None:
        torch.manual_seed(0)
        self.reader = open_reader(config, world)
        loss = SummedLoss(Transformer(config.model, vocabulary_size).to(world.device), config.loss)
        optimizer = Optimizer(loss.model, config.optimizer)
        sources = self.reader.batches.stream.manifest.sources
        self.step = Step(loss, optimizer, None, sources, config, world)
        self.waited, self.may_wait = 0.0, True
        self.on_cuda = world.device.type == "cuda"

    def __call__(self, num_steps: int) -> None:
        """So many steps, of which the last is read; on CUDA it must be the first that waits."""
        self.waited, taken = 0.0, None
        if self.on_cuda and not self.may_wait:
            torch.cuda.set_sync_debug_mode("error")
        for coming in self.reader.ahead(0, num_steps):
            asked = time.perf_counter()
            batch = coming.result()
            self.waited += time.perf_counter() - asked
            taken = self.step(100, batch)
        if self.on_cuda:
            torch.cuda.set_sync_debug_mode("default")
        assert taken is not None
        self.step.read(taken)


def main() -> None:
    """Print one line per loop: median of the rounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--preset", default="1M")
    parser.add_argument("--micro", type=int, default=8)
    parser.add_argument("--length", type=int, default=128)
    parser.add_argument("--steps", type=int, default=10, help="in a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", nargs="*", default=list(PEERS), choices=PEERS)
    parser.add_argument("--vocabulary", type=int, default=4096)
    parser.add_argument("--kv-heads", type=int)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--residual", default="float32", choices=["float32", "products"])
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--profile", action="store_true", help="where a step's time goes (CUDA)")
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    world = World(0, 1, 0, torch.device(arguments.device))
    with tempfile.TemporaryDirectory() as folder:
        measure(arguments, make_config(arguments, Path(folder)), world)


def warm_up(make: Callable[[], TurnT], world: World) -> tuple[TurnT, float]:
    """A loop after its first steps, and the most memory it took, in GiB (on a CPU: the process)."""
    before = 0
    if world.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
    turn = make()
    turn(3)
    return turn, (memory_bytes(world.device) - before) / 2**30


def measure(arguments: argparse.Namespace, config: TrainConfig, world: World) -> None:
    """Let the loops take turns, print their figures and keep them."""
    on_cpu, size = world.device.type == "cpu", arguments.vocabulary
    dtype = product_dtype(config.runtime, world.device)
    peak, source = peak_flops(world.device, dtype)
    tokens = arguments.micro * arguments.length * arguments.steps
    operations = flops_per_token(config.model, size, arguments.length)
    # On a CPU that others use, too, its own time is the fair one.
    clock = time.process_time if on_cpu else time.perf_counter
    cores = torch.get_num_threads() if on_cpu else 1
    mine, gibibytes = warm_up(lambda: Ours(config, world, size), world)
    loops, peaks = {"ours": cast(Turn, mine)}, {"ours": gibibytes}
    for name in arguments.peers:
        if name == "plain" or (not on_cpu and has_transformers()):
            make = PEERS[name]
            loops[name], peaks[name] = warm_up(lambda make=make: make(config, world, size), world)
    mine.may_wait = False
    seconds: dict[str, list[float]] = {name: [] for name in loops}
    waited = []
    for _ in range(arguments.rounds):
        for name, turn in loops.items():
            started = clock()
            turn(arguments.steps)
            seconds[name].append((clock() - started) / cores)
        waited.append(mine.waited / seconds["ours"][-1])
    rates = {name: tokens / median(times) for name, times in seconds.items()}
    model = (
        f"{arguments.preset}, {count_parameters(config.model, size):,} weights, "
        f"{arguments.micro} x {arguments.length} tokens, {dtype}, residual {arguments.residual}"
    )
    print(f"{model}, peak {peak / 1e12:.3g} TFLOP/s ({source})")
    for name, rate in rates.items():
        print(
            f"{name:<12} {rate:>12,.0f} tokens/s  MFU {rate * operations / peak:.1%}"
            f"  ours / {name} {rates['ours'] / rate:.2f}  memory {peaks[name]:.1f} GiB"
        )
    print(f"data wait {median(waited):.2%} of a step")
    kinds = profile_steps(mine, 5) if arguments.profile and not on_cpu else {}
    for kind, milliseconds in kinds.items():
        print(f"{milliseconds:8.2f} ms  {kind}")
    append_history(
        {
            "bench": "train",
            "device": "cpu" if on_cpu else torch.cuda.get_device_name(),
            "torch": torch.__version__,
            "compiled": arguments.compile,
            "model": model,
            "tokens_per_second": {name: round(rate) for name, rate in rates.items()},
            "mfu": {name: round(rate * operations / peak, 4) for name, rate in rates.items()},
            "peak_gibibytes": {name: round(value, 1) for name, value in peaks.items()},
            "data_wait": round(median(waited), 5),
            "milliseconds_by_kind": {kind: round(value, 2) for kind, value in kinds.items()},
        }
    )


if __name__ == "__main__":
    main()
