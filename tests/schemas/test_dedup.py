"""Types that Spark can carry."""

import pyarrow as pa

from schemas.dedup import CLUSTERS, EDGES, SIGNATURES


def test_hashes_are_int64_and_keys_unique():
    assert SIGNATURES.schema.field("band_keys").type.value_type == pa.int64()
    assert EDGES.key == ("doc_id_a", "doc_id_b")
    assert CLUSTERS.key == ("doc_id",)
