"""Which documents a bad batch is made of, and which of them are most likely to blame."""

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from trainer.batches import Batches
from trainer.config import TrainConfig
from trainer.distributed import World
from trainer.gradients import run
from trainer.reader import RankBatch
from trainer.shards import Location

_NAMED = 3


@dataclass(frozen=True, slots=True)
class Suspect:
    """A row of the batch, by what the model before the spike says of it.

    Attributes:
        row: its place in the global batch.
        loss: weighted loss of the row, in nats; may be not a number.
    """

    row: int
    loss: float


@torch.no_grad()
def find_suspects(
    loss: torch.nn.Module, batch: RankBatch, config: TrainConfig, world: World
) -> list[Suspect]:
    """The rows of the global batch that the model finds worst, worst first; on all ranks.

    Those that are not finite, where there are any; otherwise the three worst.
    """
    was_training = loss.training
    loss.eval()
    mine = []
    for row in range(len(batch.rows)):
        losses, _, _ = run(loss, batch, slice(row, row + 1), config, world)
        mine.append(Suspect(batch.first_row + row, float(losses.objective)))
    loss.train(was_training)
    everything = [suspect for of_rank in world.gather(mine) for suspect in of_rank]
    broken = [suspect for suspect in everything if not math.isfinite(suspect.loss)]
    everything.sort(key=lambda suspect: suspect.loss, reverse=True)
    return broken or everything[:_NAMED]


def describe(batches: Batches, first: int, last: int) -> dict[str, Any]:
    """What the batches ``first`` to ``last`` are made of: tokens per source, and documents.

    Documents are stretches ``shard, first document, last document`` with the sources in them.
    """
    tokens: Counter[str] = Counter()
    places = set()
    names = batches.stream.manifest.sources
    for number in range(first, last + 1):
        _, sources = batches.facts(number)
        for source, count in zip(*np.unique(sources, return_counts=True), strict=True):
            tokens[names[source]] += int(count)
        for row in range(batches.global_batch_size):
            places.update(batches.locate(number, row))
    ordered = sorted(places, key=lambda place: (place.shard, place.first_document))
    return {
        "batches": [first, last],
        "tokens_per_source": dict(sorted(tokens.items())),
        "documents": [_place(batches, place) for place in ordered],
    }


def _place(batches: Batches, place: Location) -> dict[str, Any]:
    return {
        "shard": place.shard,
        "first_document": place.first_document,
        "last_document": place.last_document,
        "sources": batches.stream.sources_of(place),
    }


def name_suspects(suspects: list[Suspect], number: int, batches: Batches) -> str:
    """The suspects' shards, documents and sources, in one line; empty without suspects."""
    places = [place for suspect in suspects for place in batches.locate(number, suspect.row)]
    named = [f"{place} ({', '.join(batches.stream.sources_of(place))})" for place in places]
    more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    return ", ".join(named[:_NAMED]) + more
