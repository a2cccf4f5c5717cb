"""Types that Spark can carry."""

import pyarrow as pa

from schemas.tokens import TEXTS, TOKENS


def test_token_ids_are_int32():
    assert TOKENS.schema.field("tokens").type.value_type == pa.int32()
    assert not TEXTS.schema.field("text").nullable
