"""A loss that is no longer a number: which sequences brought it."""

import math
from collections.abc import Callable

from torch import Tensor

from schemas.errors import CorpusMillError
from trainer.distributed import World
from trainer.reader import RankBatch, Reader

_NAMED = 3


def explain_not_finite(
    step: int,
    loss: float,
    gradient_norm: float,
    row_loss: Callable[[slice], Tensor],
    batch: RankBatch,
    reader: Reader,
    world: World,
) -> CorpusMillError:
    """Name the step, and the shards and documents of the rows whose own loss is not finite.

    The weights have not been updated yet, so ``row_loss`` (summed loss of a slice of this rank's
    rows) still shows which rows did it. All ranks return the same error.
    """
    bad = [
        row
        for row in range(len(batch.rows))
        if not math.isfinite(float(row_loss(slice(row, row + 1))))
    ]
    mine = [str(at) for row in bad for at in reader.batches.locate(step, batch.first_row + row)]
    places = [place for of_rank in world.gather(mine) for place in of_rank]
    what = f"the loss is {loss}" if not math.isfinite(loss) else f"gradient norm {gradient_norm}"
    where = ", ".join(places[:_NAMED]) + (f" and {len(places) - _NAMED} more" * (len(places) > 3))
    return CorpusMillError(
        f"step {step + 1}: {what}"
        + (f", from {where}" if places else "")
        + "; lower optimizer.learning_rate and start again from the last checkpoint"
    )
