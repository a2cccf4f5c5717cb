"""A failed Spark job is told in one line where the operator can do something."""

import pyarrow as pa
import pytest
from pyspark.errors import PySparkException

from pipeline.spark.arrow import map_arrow
from pipeline.spark.failures import explain_failure
from schemas.errors import ConfigError, DataError

SCHEMA = pa.schema([pa.field("id", pa.int64(), nullable=False)])


def fail_with(error):
    def kernel(batch):
        raise error

    return kernel


@pytest.mark.spark
@pytest.mark.parametrize("error", [DataError("texts.text: 1 nulls"), ConfigError("no such key")])
def test_an_error_of_ours_comes_back_from_a_worker(spark, error):
    with pytest.raises(PySparkException) as caught:
        map_arrow(spark.range(3), fail_with(error), SCHEMA).collect()
    explained = explain_failure(caught.value)
    assert type(explained) is type(error)
    assert str(explained) == str(error)


@pytest.mark.spark
def test_a_full_disk_is_told_with_what_to_do(spark):
    with pytest.raises(PySparkException) as caught:
        full = OSError(28, "No space left on device")
        map_arrow(spark.range(3), fail_with(full), SCHEMA).collect()
    message = str(explain_failure(caught.value))
    assert "No space left on device" in message
    assert "run the same command again" in message
    assert "\n" not in message


@pytest.mark.spark
def test_a_defect_keeps_its_trace(spark):
    with pytest.raises(PySparkException) as caught:
        map_arrow(spark.range(3), fail_with(KeyError("defect")), SCHEMA).collect()
    assert explain_failure(caught.value) is None
