"""The contract's columns stay, those of one's own follow."""

import pyarrow as pa
import pytest

from pipeline.measures.attributes import ATTRIBUTES, with_own
from pipeline.measures.own_measures import OWN_MEASURES, Measure
from schemas import documents

SIZE = Measure(column=pa.field("size", pa.int64()), kernel=lambda texts: texts)


def test_columns_of_ones_own_stand_behind_those_of_the_contract():
    table = with_own(documents.ATTRIBUTES, [SIZE])
    assert table.schema.names == [*documents.ATTRIBUTES.schema.names, "size"]
    assert table.path("/corpus") == documents.ATTRIBUTES.path("/corpus")
    own = [measure.column.name for measure in OWN_MEASURES]
    assert ATTRIBUTES.schema.names == documents.ATTRIBUTES.schema.names + own


@pytest.mark.parametrize(
    "measures", [[SIZE, SIZE], [Measure(column=pa.field("toxicity", pa.int8()), kernel=len)]]
)
def test_a_name_is_given_once(measures):
    with pytest.raises(ValueError, match="already"):
        with_own(documents.ATTRIBUTES, measures)
