"""Connected components of a graph of documents, in plain DataFrames.

Large-star and small-star alternate until every component is a star around its smallest node
(Kiveris et al., Connected Components in MapReduce and Beyond, 2014). Neither edges nor labels
ever reach the driver, and each step halves a chain.
"""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from pipeline.dedup.small_components import LABELS, components_in_one_task
from pipeline.spark.arrow import map_stream
from schemas.errors import DataError

# Writing a round and testing whether it is the last cost about what one step costs.
_STEPS_PER_ROUND = 2

EDGES_OF_A_TASK = 1_000_000
"""A graph of so many edges takes some 300 MB of memory, and one task a second or two."""


def connected_components(
    edges: DataFrame, scratch: str, *, max_rounds: int = 60, edges_of_a_task: int = EDGES_OF_A_TASK
) -> DataFrame:
    """Label every document that has an edge with the smallest ``doc_id`` of its component.

    A graph of at most ``edges_of_a_task`` edges is labelled by one task. Of a larger one each
    round is written below ``scratch`` and read back, so the query plan does not grow and
    nothing is computed twice; the caller removes the folder when the result has been used.

    Args:
        edges: ``doc_id_a``, ``doc_id_b``; any direction, repeats and loops allowed. Read
            several times, so it should come from storage.
        scratch: folder that all executors can write to.

    Returns:
        ``doc_id``, ``component``.

    Raises:
        DataError: the components were not complete after ``max_rounds`` rounds.
    """
    if edges.count() <= edges_of_a_task:
        ends = edges.where("doc_id_a != doc_id_b").select("doc_id_a", "doc_id_b")
        return map_stream(ends.coalesce(1), components_in_one_task, LABELS)
    links = _towards_smallest(F.col("doc_id_a"), F.col("doc_id_b"), edges)
    complete, rounds = edges.isEmpty(), 0
    while not complete:
        if rounds == max_rounds:
            raise DataError(f"connected components are incomplete after {max_rounds} rounds")
        rounds += 1
        for _ in range(_STEPS_PER_ROUND):
            links = _small_star(_large_star(links))
        links = materialise(links.distinct(), f"{scratch}/round={rounds}")
        complete = _are_stars(links)
    leaves = links.select(F.col("node").alias("doc_id"), F.col("smaller").alias("component"))
    centres = links.select(F.col("smaller").alias("doc_id"), F.col("smaller").alias("component"))
    return leaves.union(centres.distinct())


def _towards_smallest(one: Column, other: Column, frame: DataFrame) -> DataFrame:
    """Links from the larger node to the smaller one, no loops."""
    return frame.where(one != other).select(
        F.greatest(one, other).alias("node"), F.least(one, other).alias("smaller")
    )


def _large_star(links: DataFrame) -> DataFrame:
    """Every node links its larger neighbours to the smallest node that it knows."""
    # Both directions of a link, and not by a union: the plan would hold the steps so far twice.
    both = links.select(F.inline(F.array(_pair("node", "smaller"), _pair("smaller", "node"))))
    both = both.toDF("node", "neighbour")
    known = F.least(F.min("neighbour").over(Window.partitionBy("node")), F.col("node"))
    linked = both.select("node", "neighbour", known.alias("smallest"))
    return _towards_smallest(
        F.col("neighbour"), F.col("smallest"), linked.where("neighbour > node")
    )


def _small_star(links: DataFrame) -> DataFrame:
    """Every node links itself and its smaller neighbours to the smallest of them."""
    smallest = F.min("smaller").over(Window.partitionBy("node"))
    linked = links.select("node", "smaller", smallest.alias("smallest"))
    # The node itself goes once, with its smallest neighbour; the others go with that one, too.
    own = F.when(F.col("smaller") == F.col("smallest"), F.col("node")).otherwise(F.col("smaller"))
    return _towards_smallest(own, F.col("smallest"), linked)


def _are_stars(links: DataFrame) -> bool:
    """Whether every node links to one other node, and that one to none: nothing is left to do.

    Both steps keep components as they are, so this alone makes the labels right.
    """
    leaf, centre = _pair("node", F.lit(1)), _pair("smaller", F.lit(0))
    roles = links.select(F.inline(F.array(leaf, centre))).toDF("doc_id", "links_out")
    counted = roles.groupBy("doc_id").agg(
        F.sum("links_out").alias("links_out"), F.min("links_out").alias("least")
    )
    is_linked_to = F.col("least") == 0
    links_out = F.col("links_out")
    return counted.where((links_out > 1) | ((links_out == 1) & is_linked_to)).isEmpty()


def _pair(one: str, other: str | Column) -> Column:
    other = F.col(other) if isinstance(other, str) else other
    return F.struct(F.col(one).alias("one"), other.alias("other"))


def materialise(frame: DataFrame, path: str, **options: str) -> DataFrame:
    """Write a frame (options are those of Parquet) and read it back: computed once, and with a
    short plan."""
    frame.write.mode("overwrite").options(**options).parquet(path)
    return frame.sparkSession.read.schema(frame.schema).parquet(path)
