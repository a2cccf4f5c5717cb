"""What a person sees while the model trains."""

import sys
import time
from collections.abc import Mapping
from typing import Any

from torch import nn
from tqdm import tqdm

from trainer.batches import Batches
from trainer.config import TrainConfig
from trainer.distributed import World


def headline(batches: Batches, model: nn.Module, config: TrainConfig, world: World) -> str:
    """What is about to be trained on what, in one line."""
    num_weights = sum(weight.numel() for weight in model.parameters())
    num_steps = config.schedule.num_steps
    return (
        f"{num_weights:,} weights, {batches.stream.num_tokens:,} training tokens, "
        f"{batches.epoch(num_steps):.2f} epochs in {num_steps} steps, "
        f"{world.world_size} x {world.device.type}"
    )


class Progress:
    """A bar on a terminal; elsewhere a line every so many steps. Silent on other ranks."""

    def __init__(self, num_steps: int, first_step: int, every: int, is_lead: bool) -> None:
        """``first_step`` steps are already done; ``every`` is for lines only."""
        self._num_steps, self._every, self._is_lead = num_steps, every, is_lead
        self._started, self._first = time.monotonic(), first_step
        self._bar: tqdm[Any] | None = None
        if is_lead and sys.stderr.isatty():
            self._bar = tqdm(total=num_steps, initial=first_step, unit="step", leave=True)

    def step(self, done: int, row: Mapping[str, float]) -> None:
        """After each step; ``done`` counts from the start of the run, ``row`` has its metrics."""
        loss, tokens_per_second = row["loss"], row["tokens_per_second"]
        if self._bar is not None:
            self._bar.set_postfix_str(f"loss {loss:.3f}, {tokens_per_second:,.0f} tokens/s", False)
            self._bar.update(1)
        elif done % self._every == 0 or done == self._num_steps:
            seconds = (time.monotonic() - self._started) / (done - self._first)
            self.say(
                f"step {done:>{len(str(self._num_steps))}}/{self._num_steps}  loss {loss:.4f}  "
                f"lr {row['learning_rate']:.2e}  {tokens_per_second:,.0f} tokens/s  "
                f"eta {tqdm.format_interval(seconds * (self._num_steps - done))}"
            )

    def say(self, line: str) -> None:
        """One line, above the bar where there is one."""
        if self._bar is not None:
            self._bar.write(line)
        elif self._is_lead:
            print(line, flush=True)

    def close(self) -> None:
        """Leave the bar where it stands."""
        if self._bar is not None:
            self._bar.close()
