"""Who falls to whom where similarity is no chain."""

from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedup.chains import _fates, unlike_survivors

SCHEMA = pa.schema(
    [
        ("component", pa.string()),
        ("better", pa.int64()),
        ("worse", pa.int64()),
        ("similarity", pa.float64()),
        ("better_id", pa.string()),
        ("worse_id", pa.string()),
    ]
)


@st.composite
def graphs(draw):
    """Edges ``{(better, worse): similarity}`` among at most a dozen nodes."""
    size = draw(st.integers(2, 12))
    nodes = st.integers(0, size - 1)
    pairs = st.tuples(nodes, nodes).filter(lambda pair: pair[0] < pair[1])
    return draw(st.dictionaries(pairs, st.sampled_from([0.8, 0.9, 1.0]), min_size=1))


def greedy(edges):
    """The same in plain Python: ``node -> survivor`` of those that go."""
    size = max(worse for _, worse in edges) + 1
    stays, falls_to = [], {}
    for node in range(size):
        near = [(-edges[one, node], one) for one in stays if (one, node) in edges]
        if near:
            falls_to[node] = min(near)[1]
        else:
            stays.append(node)
    return falls_to


def rows_of(component, edges):
    return [
        (component, a, b, edges[a, b], f"{component}{a:02}", f"{component}{b:02}")
        for a, b in sorted(edges)
    ]


def batch_of(rows):
    columns = zip(*rows, strict=True)
    return pa.RecordBatch.from_arrays(
        [pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)], schema=SCHEMA
    )


@given(st.lists(graphs(), min_size=1, max_size=5), st.data())
def test_fates_are_those_of_the_greedy_choice_wherever_batches_are_cut(drawn, data):
    rows, expected = [], {}
    for name, edges in zip("abcde", drawn, strict=False):
        rows += rows_of(name, edges)
        expected |= {
            f"{name}{node:02}": f"{name}{survivor:02}" for node, survivor in greedy(edges).items()
        }
    cuts = data.draw(st.sets(st.integers(1, len(rows))))
    bounds = sorted({0, len(rows)} | cuts)
    batches = [batch_of(rows[a:b]) for a, b in pairwise(bounds) if b > a]
    found = [row for out in _fates(iter(batches)) for row in out.to_pylist()]
    assert {row["doc_id"]: row["survivor"] for row in found} == expected
    assert len(found) == len(expected)


@pytest.mark.spark
def test_a_chain_keeps_what_is_unlike_its_survivor(spark):
    nodes = [
        (f"n{i}", component, None, length, None)
        for component, members in (("c", "0123"), ("d", "45"))
        for i, length in zip(members, (40, 30, 20, 10), strict=False)
    ]
    frame = spark.createDataFrame(
        nodes,
        "doc_id string, component string, quality_score double, num_characters long, "
        "published timestamp",
    )
    edges = [("n0", "n1", 0.9), ("n1", "n2", 0.85), ("n2", "n3", 0.8), ("n4", "n5", 1.0)]
    links = spark.createDataFrame(edges, "doc_id_a string, doc_id_b string, similarity double")
    found = {row.doc_id: row.survivor for row in unlike_survivors(frame, links).collect()}
    assert found == {"n1": "n0", "n3": "n2", "n5": "n4"}
