"""The row-wise stage: a table in, a table out, a pure kernel between them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import pyarrow as pa

from schemas.config import Section
from schemas.table import Table

ParamsT = TypeVar("ParamsT", bound=Section)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage(Generic[ParamsT]):
    """One row-wise stage. ``pipeline.spark.arrow.map_batches`` is what runs it on Spark.

    The kernel sees only the columns of ``reads`` and its own parameters; it may be called on
    batches of any size in any order, so it must not carry anything from one to the next.
    """

    name: str
    reads: Table
    writes: Table
    params: type[ParamsT]
    kernel: Callable[[pa.RecordBatch, ParamsT], pa.RecordBatch]

    def run(self, batch: pa.RecordBatch, params: ParamsT) -> pa.RecordBatch:
        """Check what comes in, call the kernel, check what goes out.

        Raises:
            DataError: either side breaks its table's contract.
        """
        return self.writes.check(self.kernel(self.reads.check(batch), params))
