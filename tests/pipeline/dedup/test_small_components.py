"""Union-find over Arrow batches, beside that over strings."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedup.small_components import LABELS, components_in_one_task
from tests.oracles import union_find_oracle

NODES = st.sampled_from(["a", "B", "ä", "中", "😀", "aa", *map(str, range(30))])
EDGES = st.lists(st.tuples(NODES, NODES).filter(lambda edge: edge[0] != edge[1]), min_size=1)


@given(st.lists(EDGES, min_size=1, max_size=4))
def test_labels_are_those_of_union_find(batches):
    made = [
        pa.RecordBatch.from_arrays([pa.array(end) for end in zip(*edges, strict=True)], ["a", "b"])
        for edges in batches
    ]
    (found,) = components_in_one_task(iter(made))
    assert found.schema == LABELS
    labels = dict(zip(found["doc_id"].to_pylist(), found["component"].to_pylist(), strict=True))
    expected = union_find_oracle.components(edge for edges in batches for edge in edges)
    smallest = {root: min(n for n in expected if expected[n] == root) for root in expected.values()}
    assert labels == {node: smallest[root] for node, root in expected.items()}


def test_without_an_edge_there_is_no_label():
    assert list(components_in_one_task(iter([]))) == []
