"""A table refuses batches that break its contract."""

import pyarrow as pa
import pytest

from schemas.errors import DataError
from schemas.table import Table

PETS = Table(
    name="pets",
    version=3,
    key=("id",),
    schema=pa.schema([pa.field("id", pa.string(), nullable=False), pa.field("age", pa.int64())]),
)


def batch(**columns):
    return pa.RecordBatch.from_pydict(columns)


def test_columns_are_put_in_order():
    checked = PETS.check(batch(age=pa.array([1], pa.int64()), id=["a"]))
    assert checked.schema.equals(PETS.schema)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"id": ["a"]}, "missing columns"),
        ({"id": ["a"], "age": [1], "colour": ["red"]}, "unknown columns"),
        ({"id": pa.array(["a", None]), "age": [1, 2]}, "pets.id: 1 nulls"),
        ({"id": ["a"], "age": ["old"]}, "pets.age: expected int64, found string"),
    ],
)
def test_a_broken_contract_is_named(columns, message):
    with pytest.raises(DataError, match=message):
        PETS.check(batch(**columns))


def test_paths_carry_the_version():
    assert PETS.path("/c") == "/c/pets/v3"
    assert PETS.path("/c", batch="b") == "/c/pets/v3/batch=b"
    assert PETS.path("s3://bucket/c/") == "s3://bucket/c/pets/v3"
