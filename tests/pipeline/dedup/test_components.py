"""Connected components on Spark against union-find."""

import math
import random
from itertools import pairwise
from pathlib import Path

import pytest

from pipeline.dedup.components import _STEPS_PER_ROUND, connected_components
from schemas.errors import DataError
from tests.oracles import union_find_oracle

pytestmark = pytest.mark.spark
SCHEMA = "doc_id_a string, doc_id_b string"


def chain(names):
    return list(pairwise(names))


def graphs():
    """Graphs that are hard for one algorithm or another, with names of their own."""
    generator = random.Random(17)
    ascending = [f"up{i:04}" for i in range(200)]
    shuffled = [f"chain{i:04}" for i in range(200)]
    generator.shuffle(shuffled)
    zigzag = [f"zigzag{i if i % 2 else 500 - i:04}" for i in range(200)]
    edges = chain(ascending) + chain(shuffled) + chain(zigzag)
    edges += [("star-centre", f"star{i}") for i in range(150)]
    edges += [("zz-centre", f"smaller{i}") for i in range(150)]
    edges += [(f"clique{i}", f"clique{j}") for i in range(12) for j in range(i)]
    edges += chain([f"ring{generator.random()}" for _ in range(60)])
    edges.append((edges[-1][1], edges[-59][0]))
    edges += [(f"tree{i:03}", f"tree{(i - 1) // 2:03}") for i in range(1, 127)]
    edges += [("loop", "loop"), ("pair2", "pair1"), ("pair1", "pair2"), ("pair1", "pair2")]
    for seed in range(40):
        generator = random.Random(seed)
        nodes = [f"random{seed}-{generator.randrange(10**6)}" for _ in range(30)]
        edges += [
            (generator.choice(nodes), generator.choice(nodes))
            for _ in range(generator.randrange(5, 40))
        ]
    random.Random(3).shuffle(edges)
    return edges


@pytest.fixture(scope="module")
def run(spark, tmp_path_factory):
    scratch = tmp_path_factory.mktemp("components")
    edges = spark.createDataFrame(graphs(), SCHEMA)
    found = connected_components(edges, str(scratch), edges_of_a_task=0)
    return found.collect(), scratch


def test_components_equal_union_find(run):
    rows, _ = run
    found = {row.doc_id: row.component for row in rows}
    assert len(found) == len(rows), "a document has two labels"
    expected = union_find_oracle.components((a, b) for a, b in graphs() if a != b)
    wrong = {node for node in expected.keys() | found if expected.get(node) != found.get(node)}
    assert not wrong, f"{len(wrong)} wrong labels, such as {sorted(wrong)[:5]}"


def test_one_task_gives_a_small_graph_the_same_labels(spark, tmp_path, run):
    edges = spark.createDataFrame(graphs(), SCHEMA).repartition(3)
    found = connected_components(edges, str(tmp_path), edges_of_a_task=len(graphs()))
    assert sorted(found.collect()) == sorted(run[0])
    assert not list(tmp_path.iterdir())


def test_steps_grow_with_the_logarithm_of_the_longest_chain(run):
    _, scratch = run
    steps = _STEPS_PER_ROUND * len(list(Path(scratch).glob("round=*")))
    assert steps <= math.ceil(math.log2(200)) + _STEPS_PER_ROUND


def test_without_an_edge_there_is_no_label_and_no_round(spark, tmp_path):
    edges = spark.createDataFrame([], SCHEMA)
    assert connected_components(edges, str(tmp_path)).collect() == []
    assert not list(tmp_path.iterdir())


def test_labels_that_are_not_final_are_never_returned(spark, tmp_path):
    edges = spark.createDataFrame(chain([f"n{i:03}" for i in range(64)]), SCHEMA)
    with pytest.raises(DataError, match="incomplete after 1 rounds"):
        connected_components(edges, str(tmp_path), max_rounds=1, edges_of_a_task=62)
