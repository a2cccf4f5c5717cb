"""Which records of a corpus are duplicates, of what, and how similar they are."""

from dataclasses import dataclass

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from pipeline.dedup.components import connected_components, materialise
from pipeline.dedup.minhash import DedupParams
from pipeline.dedup.spark_joins import candidate_pairs, verified_edges
from pipeline.dedup.survivors import RANKED_BY, survivor_order
from schemas.dedup import SIGNATURES
from schemas.documents import DOCUMENTS
from schemas.ledger import DuplicateRule


@dataclass(frozen=True, slots=True)
class DuplicateResult:
    """What dedup found. The frames read from the scratch folder.

    Attributes:
        duplicates: one row per record to remove, key (``source_file``, ``record_offset``):
            ``doc_id``, ``rule``, ``duplicate_of`` (a document that stays), ``nearest`` (its
            most similar verified neighbour) and ``similarity`` (with that neighbour).
        edges: the table EDGES.
        clusters: the table CLUSTERS, the connected components of ``edges``.
    """

    duplicates: DataFrame
    edges: DataFrame
    clusters: DataFrame


def find_duplicates(
    attributes_kept: DataFrame,
    signatures: DataFrame,
    texts: DataFrame,
    params: DedupParams,
    scratch: str,
) -> DuplicateResult:
    """Find the same records, the same texts and the near-duplicates among kept records.

    Each test sees only what the cheaper one before it left: records with a new ``doc_id``,
    then one document per text, then pairs that share a band key, then pairs whose exact
    similarity reaches the threshold. Clusters are made from the last, never from bands.

    Args:
        attributes_kept: ``doc_id``, ``source_file``, ``record_offset``, ``quality_score``,
            ``num_characters``, ``published``; a ``doc_id`` may occur several times.
        signatures: the table SIGNATURES, at least of these documents.
        texts: ``doc_id``, ``source_file``, ``record_offset``, ``text``, at least of these
            documents.
        scratch: folder for intermediate tables; the caller removes it when the result has
            been written.

    Raises:
        DataError: the connected components did not converge.
    """
    order_found = Window.partitionBy("doc_id").orderBy("source_file", "record_offset")
    records = attributes_kept.select(
        "doc_id", "source_file", "record_offset", *RANKED_BY
    ).withColumn("occurrence", F.row_number().over(order_found))

    members = materialise(
        _group_texts(records.where("occurrence = 1"), signatures), f"{scratch}/members"
    )
    one_per_text = members.where("doc_id = representative")
    candidates = materialise(candidate_pairs(one_per_text, params), f"{scratch}/candidates")
    # The same record may lie in two files that are read by different rules, with two texts.
    compared = texts.join(one_per_text.select(*DOCUMENTS.key), list(DOCUMENTS.key), "left_semi")
    near_edges = materialise(verified_edges(candidates, compared, params), f"{scratch}/near_edges")
    components = connected_components(
        near_edges, f"{scratch}/components", max_rounds=params.max_rounds
    )
    clustered = materialise(_choose_survivors(members, components), f"{scratch}/clustered")

    same_text = clustered.where("doc_id != representative").select(
        F.least("doc_id", "representative").alias("doc_id_a"),
        F.greatest("doc_id", "representative").alias("doc_id_b"),
        F.lit(1.0).alias("similarity"),
    )
    return DuplicateResult(
        duplicates=_removed(clustered, near_edges).unionByName(
            _repeated(records.where("occurrence > 1"), clustered)
        ),
        edges=near_edges.unionByName(same_text),
        clusters=clustered.select("doc_id", "cluster_id"),
    )


def _group_texts(documents: DataFrame, signatures: DataFrame) -> DataFrame:
    """Documents with their signature and the ``representative`` of all with the same text.

    Documents without a single shingle are left out: an empty text is a duplicate of nothing.
    """
    signed = documents.join(
        signatures.where("num_shingles > 0").drop("doc_id"), list(SIGNATURES.key)
    )
    repeated = (
        signed.groupBy("text_key")
        .agg(
            F.min(survivor_order()).getField("doc_id").alias("representative"),
            F.count("*").alias("copies"),
        )
        .where("copies > 1")
    )
    return signed.join(repeated, "text_key", "left").select(
        *documents.drop("occurrence").columns,
        F.coalesce("representative", "doc_id").alias("representative"),
        "num_shingles",
        "band_keys",
    )


def _choose_survivors(members: DataFrame, components: DataFrame) -> DataFrame:
    """Members of clusters of two or more, with ``cluster_id`` and ``survivor``.

    The other copies of a text share the fate of its representative.
    """
    component = components.select(F.col("doc_id").alias("representative"), "component")
    labelled = members.join(component, "representative", "left").select(
        "doc_id",
        "source_file",
        "record_offset",
        "representative",
        *RANKED_BY,
        F.coalesce("component", "representative").alias("label"),
    )
    clusters = (
        labelled.groupBy("label")
        .agg(
            F.min(survivor_order()).getField("doc_id").alias("survivor"),
            F.min("doc_id").alias("cluster_id"),
            F.count("*").alias("cluster_size"),
        )
        .where("cluster_size > 1")
    )
    return labelled.join(clusters, "label").select(
        "doc_id", "source_file", "record_offset", "representative", "survivor", "cluster_id"
    )


def _removed(clustered: DataFrame, near_edges: DataFrame) -> DataFrame:
    """The members of clusters that do not survive."""
    removed = clustered.where("doc_id != survivor")
    both_ways = near_edges.select("doc_id_a", "doc_id_b", "similarity").union(
        near_edges.select("doc_id_b", "doc_id_a", "similarity")
    )
    # Most similar first; among equals the survivor, then the smallest id.
    closeness = F.struct(
        (-F.col("similarity")).alias("distance"),
        (F.col("neighbour") != F.col("survivor")).alias("is_other"),
        "neighbour",
    )
    nearest = (
        both_ways.toDF("doc_id", "neighbour", "similarity")
        .join(removed.where("doc_id = representative").select("doc_id", "survivor"), "doc_id")
        .groupBy("doc_id")
        .agg(F.min(closeness).alias("closest"))
    )
    is_copy = F.col("doc_id") != F.col("representative")
    return removed.join(nearest, "doc_id", "left").select(
        "source_file",
        "record_offset",
        "doc_id",
        F.when(is_copy, DuplicateRule.SAME_TEXT.value)
        .otherwise(DuplicateRule.NEAR_DUPLICATE.value)
        .alias("rule"),
        F.col("survivor").alias("duplicate_of"),
        F.when(is_copy, F.col("representative"))
        .otherwise(F.col("closest.neighbour"))
        .alias("nearest"),
        F.when(is_copy, 1.0).otherwise(-F.col("closest.distance")).alias("similarity"),
    )


def _repeated(repeats: DataFrame, clustered: DataFrame) -> DataFrame:
    """Further occurrences of a record; they fall to the survivor that the first one falls to."""
    return repeats.join(clustered.select("doc_id", "survivor"), "doc_id", "left").select(
        "source_file",
        "record_offset",
        "doc_id",
        F.lit(DuplicateRule.SAME_RECORD.value).alias("rule"),
        F.coalesce("survivor", "doc_id").alias("duplicate_of"),
        F.col("doc_id").alias("nearest"),
        F.lit(1.0).alias("similarity"),
    )
