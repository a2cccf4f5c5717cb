"""Ranks: one process each, under ``torchrun`` or alone."""

import gc
import os
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import torch
import torch.distributed as dist
from torch import Tensor

from schemas.errors import ConfigError, CorpusMillError, explain_storage
from trainer.config import RuntimeParams

ResultT = TypeVar("ResultT")
SharedT = TypeVar("SharedT")


@dataclass(frozen=True, slots=True)
class World:
    """This process among all that train together."""

    rank: int
    world_size: int
    local_rank: int
    device: torch.device

    @property
    def is_lead(self) -> bool:
        """Rank 0 alone writes files and talks."""
        return self.rank == 0

    def sum(self, values: Tensor) -> Tensor:
        """Element-wise sum of ``values`` over all ranks, in place."""
        if self.world_size > 1:
            dist.all_reduce(values)
        return values

    def together(self, action: Callable[[], ResultT]) -> ResultT:
        """Do ``action`` on every rank; when it fails on one, fail on all, so that none waits.

        Raises:
            CorpusMillError: the first rank's. What is no failure of ours to explain, such as a
                full disk, is told in one line; a defect keeps its trace on the rank that has it.
        """
        return self._agree(*self._attempt(action))

    def pool(
        self, action: Callable[[], ResultT], share: Callable[[ResultT], SharedT]
    ) -> tuple[ResultT, list[SharedT]]:
        """Like :meth:`together`; beside the result, a small part of it from each rank.

        Raises:
            CorpusMillError: as there.
        """
        result, error = self._attempt(action)
        mine = error if result is None else share(result)
        every = self.gather(mine)
        for found in every:
            if isinstance(found, CorpusMillError):
                raise found
        return cast(ResultT, result), every

    def on_lead(self, action: Callable[[], ResultT]) -> ResultT:
        """Do ``action`` on rank 0 and give its result, or its error, to all ranks."""
        result, error = self._attempt(action) if self.is_lead else (None, None)
        self._agree(None, error)
        return cast(ResultT, self.gather(result)[0])

    def on_lead_only(self, action: Callable[[], ResultT]) -> ResultT | None:
        """Do ``action`` on rank 0, for what cannot travel; its error, but no result, to all."""
        result, error = self._attempt(action) if self.is_lead else (None, None)
        self._agree(None, error)
        return result

    def _agree(self, result: ResultT | None, error: CorpusMillError | None) -> ResultT:
        for found in self.gather(error):
            if found is not None:
                raise found
        return cast(ResultT, result)

    def _attempt(
        self, action: Callable[[], ResultT]
    ) -> tuple[ResultT | None, CorpusMillError | None]:
        try:
            return action(), None
        except CorpusMillError as error:
            return None, error
        except OSError as error:
            return None, CorpusMillError(explain_storage(error))
        except Exception as error:
            if self.world_size == 1:
                raise
            traceback.print_exc()
            return None, CorpusMillError(f"rank {self.rank} failed: {type(error).__name__}")

    def gather(self, value: Any) -> list[Any]:
        """The small value of each rank, in rank order."""
        values: list[Any] = [value] * self.world_size
        if self.world_size > 1:
            dist.all_gather_object(values, value)
        return values


def is_lost_connection(error: RuntimeError) -> bool:
    """Whether another rank is gone, as gloo and NCCL say it."""
    said = str(error).lower()
    return isinstance(error, dist.DistError) or "gloo" in said or "connection" in said


@contextmanager
def open_world(runtime: RuntimeParams, exact: bool = False) -> Iterator[World]:
    """Join the other ranks (gloo on CPU, NCCL on CUDA), and leave them at the end.

    ``exact``: the arithmetic of a rank does not depend on how many there are.

    Raises:
        ConfigError: CUDA is asked for and there is none.
    """
    rank = int(os.environ.get("RANK", "0"))
    world_size = int(os.environ.get("WORLD_SIZE", "1"))
    local_rank = int(os.environ.get("LOCAL_RANK", "0"))
    device = _device(runtime, local_rank)
    if device.type == "cuda":
        torch.cuda.set_device(device)
    ranks_here = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    share = 1 if exact else max(1, _num_cores() // ranks_here)
    torch.set_num_threads(runtime.num_threads or share)
    if exact and device.type == "cuda":
        _be_deterministic()
    if world_size == 1:
        yield World(rank, world_size, local_rank, device)
        return
    # Small control messages go by gloo even where gradients go by NCCL.
    dist.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo")
    try:
        yield World(rank, world_size, local_rank, device)
    finally:
        dist.destroy_process_group()
        # Gloo's threads end when nothing refers to the group any more. One that outlives the
        # interpreter aborts the process (pytorch/pytorch#179291), so free the cycles now.
        gc.collect()


def _be_deterministic() -> None:
    """CUDA kernels whose sums have one order: of attention, embeddings and matrix products."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True, warn_only=True)


def _device(runtime: RuntimeParams, local_rank: int) -> torch.device:
    has_cuda = torch.cuda.is_available()
    if runtime.device == "cuda" and not has_cuda:
        raise ConfigError("runtime.device = 'cuda': no CUDA device is available; allowed here: cpu")
    if runtime.device == "cpu" or not has_cuda:
        return torch.device("cpu")
    if local_rank >= torch.cuda.device_count():
        raise ConfigError(
            f"{local_rank + 1} ranks on this machine, but {torch.cuda.device_count()} CUDA devices"
        )
    return torch.device("cuda", local_rank)


def _num_cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        return os.cpu_count() or 1
