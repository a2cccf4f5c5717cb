"""The only place that calls mapInArrow, and the table of types between Arrow and Spark."""

from collections.abc import Callable, Iterator

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import types as spark_types

from pipeline.stage import ParamsT, Stage

# Closed on purpose: Spark's own conversion refuses unsigned and fixed-size types with a stack
# trace deep inside a job; here an unknown type fails when the stage is defined.
_SCALARS: dict[pa.DataType, spark_types.DataType] = {
    pa.string(): spark_types.StringType(),
    pa.large_string(): spark_types.StringType(),
    pa.binary(): spark_types.BinaryType(),
    pa.bool_(): spark_types.BooleanType(),
    pa.int16(): spark_types.ShortType(),
    pa.int32(): spark_types.IntegerType(),
    pa.int64(): spark_types.LongType(),
    pa.float32(): spark_types.FloatType(),
    pa.float64(): spark_types.DoubleType(),
    pa.timestamp("us", tz="UTC"): spark_types.TimestampType(),
}


def spark_type(kind: pa.DataType) -> spark_types.DataType:
    """Spark's type for an Arrow type.

    >>> spark_type(pa.list_(pa.int64()))
    ArrayType(LongType(), True)

    Raises:
        TypeError: the type is not in our closed table.
    """
    if pa.types.is_list(kind):
        return spark_types.ArrayType(spark_type(kind.value_type), kind.value_field.nullable)
    if kind not in _SCALARS:
        raise TypeError(f"no Spark type for {kind}; see pipeline/spark/arrow.py")
    return _SCALARS[kind]


def struct_type(schema: pa.Schema) -> spark_types.StructType:
    """Spark's schema for an Arrow schema."""
    return spark_types.StructType(
        [
            spark_types.StructField(field.name, spark_type(field.type), field.nullable)
            for field in schema
        ]
    )


def map_arrow(
    frame: DataFrame, function: Callable[[pa.RecordBatch], pa.RecordBatch], schema: pa.Schema
) -> DataFrame:
    """Apply a function to every record batch of a frame.

    ``function`` gets non-empty batches of any size and returns one batch of ``schema``, of any
    number of rows; it is pickled, so it must be importable or closed over picklable values.
    """
    return map_stream(frame, lambda batches: map(function, batches), schema)


def map_stream(
    frame: DataFrame,
    function: Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]],
    schema: pa.Schema,
) -> DataFrame:
    """Apply a function to the stream of record batches of each partition."""

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return function(batch for batch in batches if batch.num_rows)

    return frame.mapInArrow(run, struct_type(schema))


def map_batches(frame: DataFrame, stage: Stage[ParamsT], params: ParamsT) -> DataFrame:
    """Run a row-wise stage over a frame, contracts checked on both sides."""
    columns = stage.reads.schema.names
    return map_arrow(
        frame.select(*columns), lambda batch: stage.run(batch, params), stage.writes.schema
    )
