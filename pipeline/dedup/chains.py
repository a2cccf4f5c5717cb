"""Clusters without chains: a document goes only where it is itself similar to one that stays.

A and B are similar, B and C are, A and C are not: merged, C would go for the sake of A. Here the
documents of a component are taken from the best to the worst; each that is similar to none that
stays already stays itself (the greedy maximal independent set).

Of a large bucket few pairs are compared, and what was not compared is no reason to stay. So all
are compared with the best that would stay, until nothing more is found.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from pipeline.dedup.compare import edges_between, look_into
from pipeline.dedup.components import materialise
from pipeline.dedup.minhash import DedupParams
from pipeline.dedup.spark_joins import may_be_similar
from pipeline.dedup.stars import choose_survivors
from pipeline.dedup.survivors import survivor_order
from pipeline.spark.arrow import map_stream
from schemas.dedup import PAIRS

ROUNDS = 8
"""Of comparing with the best that stay; one settles all that is similar to these."""

_REMOVED = pa.schema([("doc_id", pa.string()), ("survivor", pa.string())])


def compared_survivors(
    nodes: DataFrame,
    edges: DataFrame,
    keys: DataFrame,
    pairs: DataFrame,
    texts: DataFrame,
    params: DedupParams,
    scratch: str,
) -> tuple[DataFrame, DataFrame]:
    """``unlike_survivors``, and the edges with those found between documents that would stay.

    Args:
        nodes, edges: as there.
        keys: ``doc_id``, ``text_key``, ``num_shingles`` and the place of each node.
        pairs: the table PAIRS: what has been compared, which is not compared again.
        texts: ``source_file``, ``record_offset``, ``text``, at least of the nodes.
        scratch: folder for intermediate tables.
    """
    sized = nodes.join(keys.select("doc_id", "text_key", "num_shingles"), "doc_id")
    gone = materialise(unlike_survivors(nodes, edges), f"{scratch}/gone")
    for number in range(ROUNDS):
        folder = f"{scratch}/unlike={number}"
        asked = _with_the_best(sized, gone, params)
        unseen = asked.join(pairs, list(PAIRS.key), "left_anti")
        unseen = materialise(unseen, f"{folder}/unseen")
        if unseen.isEmpty():
            break
        found = materialise(look_into(unseen, keys, texts, params, folder), f"{folder}/pairs")
        pairs = pairs.unionByName(found)
        more = edges_between(found, sized, params)
        edges = materialise(edges.unionByName(more), f"{folder}/edges")
        gone = materialise(unlike_survivors(nodes, edges), f"{folder}/gone")
    return gone, edges


def _with_the_best(nodes: DataFrame, gone: DataFrame, params: DedupParams) -> DataFrame:
    """Pairs of the first ``num_centres`` that stay of a component with all that did not fall to
    one of these: what goes for the sake of a lesser one is back when that one goes."""
    best_first = Window.partitionBy("component").orderBy(survivor_order())
    best = (
        nodes.join(gone, "doc_id", "left_anti")
        .withColumn("rank", F.row_number().over(best_first))
        .where(F.col("rank") <= params.num_centres)
        .select("component", "doc_id", "text_key", "num_shingles")
        .toDF("component", "survivor", "best_key", "best_shingles")
    )
    settled = gone.join(best, "survivor", "left_semi")
    asking = nodes.join(settled, "doc_id", "left_anti")
    return (
        asking.select("component", "text_key", "num_shingles")
        .join(best, "component")
        .where(F.col("text_key") != F.col("best_key"))
        .where(may_be_similar("num_shingles", "best_shingles", params))
        .select(
            F.least("text_key", "best_key").alias("text_key_a"),
            F.greatest("text_key", "best_key").alias("text_key_b"),
        )
        .distinct()
    )


def unlike_survivors(nodes: DataFrame, edges: DataFrame) -> DataFrame:
    """The documents that go and the one that each falls to, ``doc_id``, ``survivor``.

    Args:
        nodes: ``doc_id``, ``component`` and what ``survivor_order`` reads: all that have an edge.
        edges: ``doc_id_a``, ``doc_id_b``, ``similarity``. The edges of one component must fit
            into the memory of a task (60 bytes each).
    """
    best_first = Window.partitionBy("component").orderBy(survivor_order())
    ranked = nodes.select(
        "doc_id", "component", (F.row_number().over(best_first) - 1).cast("long").alias("rank")
    )
    ends = edges.join(ranked.toDF("doc_id_a", "component", "rank_a"), "doc_id_a").join(
        ranked.select(F.col("doc_id").alias("doc_id_b"), F.col("rank").alias("rank_b")), "doc_id_b"
    )
    a_is_better = F.col("rank_a") < F.col("rank_b")
    oriented = ends.select(
        "component",
        F.least("rank_a", "rank_b").alias("better"),
        F.greatest("rank_a", "rank_b").alias("worse"),
        "similarity",
        F.when(a_is_better, F.col("doc_id_a")).otherwise(F.col("doc_id_b")).alias("better_id"),
        F.when(a_is_better, F.col("doc_id_b")).otherwise(F.col("doc_id_a")).alias("worse_id"),
    )
    grouped = oriented.repartition("component").sortWithinPartitions("component", "better", "worse")
    return map_stream(grouped, _fates, _REMOVED)


def _fates(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Fates of whole components, which may spread over several batches."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        last = pc.equal(batch["component"], batch["component"][batch.num_rows - 1])
        first_of_last = pc.index(last, True).as_py()
        if waiting and waiting[0]["component"][0].as_py() == batch["component"][-1].as_py():
            waiting.append(batch)
            continue
        yield from _components([*waiting, batch.slice(0, first_of_last)])
        waiting = [batch.slice(first_of_last)]
    yield from _components(waiting)


def _components(batches: list[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    batches = [batch for batch in batches if batch.num_rows]
    if not batches:
        return
    edges = pa.Table.from_batches(batches).combine_chunks()
    names = edges["component"].to_numpy()
    firsts = np.flatnonzero(np.concatenate([[True], names[1:] != names[:-1]]))
    sizes = np.maximum.reduceat(edges["worse"].to_numpy(), firsts) + 1
    # Nodes of all components are numbered on: an edge joins two of one component.
    bases = np.concatenate([[0], np.cumsum(sizes)])
    shift = np.repeat(bases[:-1], np.diff(np.append(firsts, len(names))))
    better, worse = (edges[name].to_numpy() + shift for name in ("better", "worse"))
    doc_ids = np.empty(bases[-1], object)
    doc_ids[better] = edges["better_id"].to_numpy()
    doc_ids[worse] = edges["worse_id"].to_numpy()
    falls_to = choose_survivors(len(doc_ids), better, worse, edges["similarity"].to_numpy().copy())
    gone = np.flatnonzero(falls_to != np.arange(len(falls_to)))
    columns = [pa.array(doc_ids[gone], pa.string()), pa.array(doc_ids[falls_to[gone]], pa.string())]
    yield pa.RecordBatch.from_arrays(columns, schema=_REMOVED)
