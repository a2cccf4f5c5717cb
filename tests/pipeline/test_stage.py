"""A stage checks what it gets and what it gives."""

import pyarrow as pa
import pytest

from pipeline.stage import Stage
from schemas.config import Section
from schemas.errors import DataError
from schemas.table import Table

NUMBERS = Table(
    name="numbers",
    version=1,
    key=("n",),
    schema=pa.schema([pa.field("n", pa.int64(), nullable=False)]),
)


class Nothing(Section):
    pass


def stage(kernel):
    return Stage(name="s", reads=NUMBERS, writes=NUMBERS, params=Nothing, kernel=kernel)


def batch(*numbers):
    return pa.RecordBatch.from_pydict({"n": pa.array(numbers, pa.int64())})


def test_the_kernel_sees_a_checked_batch():
    assert stage(lambda rows, _: rows).run(batch(1, 2), Nothing()).schema.equals(NUMBERS.schema)


def test_a_null_stops_it_on_either_side():
    with pytest.raises(DataError, match=r"numbers\.n: 1 nulls"):
        stage(lambda rows, _: rows).run(batch(1, None), Nothing())
    with pytest.raises(DataError, match=r"numbers\.n: 2 nulls"):
        stage(lambda rows, _: batch(None, None)).run(batch(1), Nothing())
