"""OVERLAPS on Spark: who is set aside for them, what is cut, and the counts."""

from collections.abc import Mapping

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pipeline.measures.contamination import find_overlaps, read_evaluation
from pipeline.measures.contamination_sets import ContaminationParams
from pipeline.spark.ledger import overrule
from pipeline.stage import Stage
from schemas.build import ContaminationCounts, EvaluationSetCounts
from schemas.contamination import OVERLAPS
from schemas.documents import DOCUMENTS
from schemas.ledger import Outcome

RULE = "contaminated"
_LEDGER_COLUMNS = ("outcome", "rule", "value", "threshold", "detail")


def overlap_stage(spark: SparkSession, params: ContaminationParams) -> Stage[ContaminationParams]:
    """The row-wise stage that finds items of the sets; these travel to each executor once."""
    evaluation = spark.sparkContext.broadcast(read_evaluation(params))

    def kernel(batch: pa.RecordBatch, _: ContaminationParams) -> pa.RecordBatch:
        return find_overlaps(batch, evaluation.value)

    return Stage(
        name="contamination",
        reads=DOCUMENTS,
        writes=OVERLAPS,
        params=ContaminationParams,
        kernel=kernel,
    )


def searching(params: ContaminationParams) -> ContaminationParams:
    """The parameters that OVERLAPS depend on; what follows from these is left at its default,
    and where the sets lie does not matter."""
    sets = tuple(one.model_copy(update={"path": one.name}) for one in params.sets)
    untouched = ContaminationParams()
    return params.model_copy(
        update={
            "sets": sets,
            "action": untouched.action,
            "min_words_left": untouched.min_words_left,
        }
    )


def set_aside(judged: DataFrame, overlaps: DataFrame, params: ContaminationParams) -> DataFrame:
    """The verdicts, those on kept records that are dropped for their overlaps among them.

    Args:
        judged: ``outcome``, ``rule``, ``value``, ``threshold``, ``detail`` and the key of a
            record; other columns stay as they are.
    """
    if params.action == "annotate":
        return judged
    gone = overlaps
    if params.action == "cut":
        gone = overlaps.where(F.col("num_words_left") < params.min_words_left)
    # The first item is the one of which most is there.
    item = F.concat_ws(":", F.element_at("evaluation_sets", 1), F.element_at("items", 1))
    found = gone.select(
        *OVERLAPS.key, F.element_at("overlaps", 1).alias("overlap"), item.alias("item")
    )
    joined = judged.join(found, list(OVERLAPS.key), "left")
    is_gone = F.col("overlap").isNotNull() & (F.col("outcome") == Outcome.KEPT.value)
    instead = dict(
        zip(
            _LEDGER_COLUMNS,
            (
                F.lit(Outcome.DROPPED.value),
                F.lit(RULE),
                F.col("overlap"),
                F.lit(params.min_overlap),
                F.col("item"),
            ),
            strict=True,
        )
    )
    return overrule(joined, is_gone, instead, judged.columns)


def count_overlaps(
    overlaps: DataFrame, kept: DataFrame, params: ContaminationParams, too_short: Mapping[str, int]
) -> ContaminationCounts:
    """What was found in all records with text, set by set, and in kept ones.

    Args:
        kept: keys of the records that stay.
        too_short: by set, how many items are not searched for; none where it is not named.
    """
    pairs = overlaps.select(
        *OVERLAPS.key, F.explode(F.arrays_zip("evaluation_sets", "items")).alias("pair")
    )
    rows = (
        pairs.groupBy("pair.evaluation_sets")
        .agg(
            F.countDistinct("pair.items").alias("items"),
            F.countDistinct(*OVERLAPS.key).alias("documents"),
        )
        .collect()
    )
    by_name = {row["evaluation_sets"]: row for row in rows}
    stay = overlaps.join(kept, list(OVERLAPS.key), "left_semi")
    is_cut = params.action == "cut"
    totals = stay.agg(
        F.count("*").alias("documents"),
        F.coalesce(F.sum(F.size("spans") / 2), F.lit(0)).cast("long").alias("passages"),
    ).collect()[0]
    return ContaminationCounts(
        action=params.action,
        sets=[
            EvaluationSetCounts(
                name=str(one.name),
                sha256=str(one.sha256),
                items=by_name[one.name]["items"] if one.name in by_name else 0,
                too_short=too_short.get(str(one.name), 0),
                documents=by_name[one.name]["documents"] if one.name in by_name else 0,
            )
            for one in params.sets
        ],
        kept=totals["documents"],
        passages=totals["passages"] if is_cut else 0,
    )


def with_overlaps(cuts: DataFrame | None, overlaps: DataFrame) -> DataFrame:
    """Spans to cut of each text: those of CUTS and those of OVERLAPS, as one list; they may
    overlap."""
    columns = [*OVERLAPS.key, "spans"]
    spans = overlaps.select(*columns)
    if cuts is None:
        return spans
    both = cuts.select(*columns).unionByName(spans)
    return both.groupBy(*OVERLAPS.key).agg(F.flatten(F.collect_list("spans")).alias("spans"))
