"""Types and stages cross between Arrow and Spark unharmed."""

import datetime

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from pipeline.measures.attributes import ATTRIBUTES
from pipeline.spark.arrow import map_arrow, map_batches, spark_type, struct_type
from pipeline.stage import Stage
from schemas.config import Section
from schemas.dedup import CLUSTERS, EDGES, SIGNATURES
from schemas.documents import DOCUMENTS
from schemas.ledger import LEDGER
from schemas.table import Table
from schemas.tokens import TEXTS, TOKENS

TABLES = [DOCUMENTS, ATTRIBUTES, SIGNATURES, EDGES, CLUSTERS, LEDGER, TEXTS, TOKENS]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_table_has_a_spark_schema(table):
    assert struct_type(table.schema).fieldNames() == table.schema.names


@pytest.mark.parametrize("kind", [pa.uint32(), pa.binary(16), pa.timestamp("ns")])
def test_types_that_spark_would_mangle_are_refused(kind):
    with pytest.raises(TypeError, match="no Spark type"):
        spark_type(kind)


class Factor(Section):
    factor: int


NUMBERS = Table(
    name="numbers",
    version=1,
    key=("id",),
    schema=pa.schema([pa.field("id", pa.int64(), nullable=False)]),
)


def multiply(batch: pa.RecordBatch, params: Factor) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(
        [pc.multiply(batch.column(0), params.factor)], schema=NUMBERS.schema
    )


@pytest.mark.spark
def test_a_stage_runs_over_every_row(spark):
    stage = Stage(name="multiply", reads=NUMBERS, writes=NUMBERS, params=Factor, kernel=multiply)
    rows = map_batches(spark.range(1000).repartition(5), stage, Factor(factor=3)).collect()
    assert sorted(row["id"] for row in rows) == [3 * i for i in range(1000)]


@pytest.mark.spark
def test_times_and_lists_survive_the_way_to_spark_and_back(spark, tmp_path):
    schema = pa.schema(
        [
            pa.field("at", pa.timestamp("us", tz="UTC")),
            pa.field("ids", pa.list_(pa.field("element", pa.int32(), nullable=False))),
        ]
    )
    moment = datetime.datetime(2005, 12, 31, 23, 59, 59, 123456, tzinfo=datetime.UTC)
    table = pa.table({"at": [moment, None], "ids": [[1, -2], []]}, schema=schema)
    pq.write_table(table, tmp_path / "in.parquet")
    frame = spark.read.schema(struct_type(schema)).parquet(str(tmp_path / "in.parquet"))
    map_arrow(frame, lambda batch: batch, schema).write.parquet(str(tmp_path / "out"))
    back = pq.read_table(tmp_path / "out").cast(schema)
    assert back.sort_by("at").equals(table.sort_by("at"))
