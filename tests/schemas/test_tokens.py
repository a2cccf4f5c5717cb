"""Types that Spark carries without taking them apart."""

import pyarrow as pa

from schemas.tokens import TEXTS, TOKENS


def test_tokens_travel_as_bytes():
    assert TOKENS.schema.field("tokens").type == pa.binary()
    assert not TOKENS.schema.field("tokens").nullable
    assert not TEXTS.schema.field("text").nullable
