"""What a run will cost, before it starts."""

import os
from dataclasses import dataclass

import torch

from trainer.config import OptimizerParams, TrainConfig
from trainer.devices import capacity_bytes, peak_flops
from trainer.distributed import open_world
from trainer.precision import product_dtype
from trainer.shards import TokenStream
from trainer.sizes import activation_bytes, count_parameters, flops_per_token
from trainer.start import with_start

_SLOTS = {"adamw": 2, "adam": 2, "sgd": 1, "adagrad": 1, "lion": 1, "muon": 1}
_TOKENS_PER_WEIGHT = 20  # Hoffmann et al. 2022 (Chinchilla), table 3
_LONG = 2 * 24 * 3600  # seconds
_SHARE = 0.4  # of the peak: what a first estimate of the time assumes


@dataclass(frozen=True, slots=True)
class Plan:
    """Figures of a run; times assume 40 % of the device's peak."""

    num_weights: int
    flops_per_token: int
    num_steps: int
    tokens_per_step: int
    num_tokens_in_split: int
    state_bytes: int
    activation_bytes: int
    peak: float
    peak_source: str
    world_size: int
    capacity_bytes: int | None = None

    @property
    def num_tokens(self) -> int:
        """Trained on in the whole run, repeats included."""
        return self.num_steps * self.tokens_per_step

    @property
    def seconds(self) -> float:
        """Expected time of all steps."""
        return _seconds(self.num_tokens * self.flops_per_token, self.peak * self.world_size)

    def __str__(self) -> str:
        best = self.num_weights * _TOKENS_PER_WEIGHT
        gib, epochs = 2**30, self.num_tokens / max(1, self.num_tokens_in_split)
        lines = {
            "weights": f"{self.num_weights:,}",
            "steps": f"{self.num_steps:,} of {self.tokens_per_step:,} tokens",
            "tokens": f"{self.num_tokens:,} ({epochs:.2f} epochs of {self.num_tokens_in_split:,})",
            "compute-optimal": f"{best:,} tokens for these weights ({_TOKENS_PER_WEIGHT} each); "
            f"this run has {self.num_tokens / best:.0%} of them",
            "operations": f"{self.flops_per_token:,} per token, "
            f"{self.flops_per_token * self.num_tokens:.3g} in all",
            "memory per rank": f"{self.state_bytes / gib:.2f} GiB weights, gradients and "
            f"optimizer, about {self.activation_bytes / gib:.2f} GiB activations",
            "memory here": self._capacity(),
            "device": f"{self.world_size} x {self.peak / 1e12:.3g} TFLOP/s ({self.peak_source})",
            "expected time": f"{_duration(self.seconds)} at {_SHARE:.0%} of the peak",
        }
        width = max(map(len, lines))
        return "\n".join(f"{name:<{width}}  {text}" for name, text in lines.items())

    def _capacity(self) -> str:
        if self.capacity_bytes is None:
            return "unknown"
        gib, needed = 2**30, self.state_bytes + self.activation_bytes
        text = f"{self.capacity_bytes / gib:.2f} GiB"
        if needed <= self.capacity_bytes:
            return text
        return (
            f"{text}, too little: lower data.micro_batch_size, take a smaller model, or share it "
            "out among ranks with parallel.mode = 'fsdp'"
        )


def make_plan(config: TrainConfig) -> Plan:
    """Figures of ``config`` on this machine; nothing is written.

    Raises:
        ConfigError: the device is not there.
        ShardError: the shards cannot be trusted.
    """
    stream = TokenStream(config.data.manifest, "train", "never", config.data.cache)
    vocabulary_size = stream.manifest.tokenizer.vocabulary_size
    length = config.data.sequence_length
    with open_world(config.runtime) as world:
        peak, source = peak_flops(world.device, product_dtype(config.runtime, world.device))
        num_weights = count_parameters(config.model, vocabulary_size)
        shards = world.world_size if config.parallel.mode == "fsdp" else 1
        return Plan(
            num_weights=num_weights,
            flops_per_token=flops_per_token(config.model, vocabulary_size, length),
            num_steps=config.schedule.num_steps,
            tokens_per_step=config.data.global_batch_size * length,
            num_tokens_in_split=stream.num_tokens,
            state_bytes=4 * num_weights * _floats_per_weight(config.optimizer) // shards,
            activation_bytes=activation_bytes(
                config.model,
                vocabulary_size,
                config.data.micro_batch_size * length,
                config.loss.logits_chunk,
                product_dtype(config.runtime, world.device) == torch.bfloat16,
            ),
            peak=peak,
            peak_source=source,
            world_size=world.world_size,
            capacity_bytes=capacity_bytes(world.device),
        )


def print_plan(config: TrainConfig) -> None:
    """Print :func:`make_plan`, on one rank."""
    plan = make_plan(with_start(config))
    if int(os.environ.get("RANK", "0")) == 0:
        print(plan)


def warn_of_days(operations: float, peak: float) -> list[str]:
    """What there is to say of so many operations on CPUs of that peak: nothing below two days."""
    seconds = _seconds(operations, peak)
    if seconds < _LONG:
        return []
    return [
        f"warning: on this CPU the run takes about {_duration(seconds)}; jobs/configs/"
        "train_tiny.toml is a model for CPUs, --plan tells what a run takes"
    ]


def _seconds(operations: float, peak: float) -> float:
    return operations / (peak * _SHARE)


def _floats_per_weight(params: OptimizerParams) -> int:
    """The weight, its gradient, the optimizer's moments and the average."""
    return 2 + _SLOTS[params.kind] + (params.average_decay is not None)


def _duration(seconds: float) -> str:
    minutes, hours = seconds / 60, seconds / 3600
    if hours >= 48:
        return f"{hours / 24:.1f} days"
    return f"{hours:.1f} h" if hours >= 1.5 else f"{minutes:.1f} min"
