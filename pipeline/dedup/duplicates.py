"""Which records of a corpus are duplicates, of what, and how similar they are."""

from dataclasses import dataclass

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from pipeline.dedup.chains import compared_survivors
from pipeline.dedup.compare import Known, compare_texts, edges_between
from pipeline.dedup.components import connected_components, materialise
from pipeline.dedup.minhash import DedupParams
from pipeline.dedup.same_url import fall_together, same_url
from pipeline.dedup.survivors import RANKED_BY, survivor_order
from schemas.dedup import COMPARED, SIGNATURES
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
        pairs: the table PAIRS.
        compared: the table COMPARED.
    """

    duplicates: DataFrame
    edges: DataFrame
    clusters: DataFrame
    pairs: DataFrame
    compared: DataFrame


def find_duplicates(
    attributes_kept: DataFrame,
    signatures: DataFrame,
    documents: DataFrame,
    params: DedupParams,
    scratch: str,
    known: Known | None = None,
) -> DuplicateResult:
    """Find the same records, URLs and texts and the near-duplicates among kept records.

    Each test sees only what the cheaper one before it left: records with a new ``doc_id``,
    then one document per URL (by option) and text, then pairs that share a band key, then
    pairs whose exact similarity reaches the threshold. Clusters are made from the last, never
    from bands.

    Args:
        attributes_kept: ``doc_id``, ``source_file``, ``record_offset``, ``quality_score``,
            ``num_characters``, ``published``; a ``doc_id`` may occur several times.
        signatures: the table SIGNATURES, at least of these documents.
        documents: ``source_file``, ``record_offset``, ``text``, with ``params.same_url`` also
            ``url`` and ``fetched``, at least of these documents.
        scratch: folder for intermediate tables; the caller removes it when the result has
            been written.
        known: what a build before compared, with the same ``params.comparing``; it saves work
            and changes nothing.

    Raises:
        DataError: the connected components did not converge.
    """
    numbered = materialise(_numbered(attributes_kept, signatures), f"{scratch}/numbered")
    firsts = numbered.where("occurrence = 1").drop("occurrence")
    repeats = numbered.where("occurrence > 1").select(
        *DOCUMENTS.key,
        "doc_id",
        F.col("doc_id").alias("stands_for"),
        F.lit(DuplicateRule.SAME_RECORD.value).alias("rule"),
        F.lit(1.0).alias("similarity"),
    )
    if params.same_url != "keep":
        others = materialise(same_url(firsts, documents, params.same_url), f"{scratch}/urls")
        firsts = materialise(firsts.join(others, "doc_id", "left_anti"), f"{scratch}/firsts")
        repeats = fall_together(repeats, others).unionByName(others)

    # Documents without a single shingle are left out: an empty text is a duplicate of nothing.
    signed = firsts.where("num_shingles > 0")
    nodes = materialise(_one_per_text(signed), f"{scratch}/nodes")
    pairs = materialise(
        compare_texts(nodes, signatures, documents, params, scratch, known), f"{scratch}/pairs"
    )
    near_edges = materialise(edges_between(pairs, nodes, params), f"{scratch}/near_edges")
    components = connected_components(
        near_edges, f"{scratch}/components", max_rounds=params.max_rounds
    )
    clustered = _choose_survivors(_members(signed, nodes), components)
    if params.keep_unlike_survivor:
        clustered = materialise(clustered, f"{scratch}/chained")
        best = clustered.where("doc_id = representative").withColumnRenamed(
            "cluster_id", "component"
        )
        falls_to, near_edges = compared_survivors(
            best, near_edges, nodes, pairs, documents, params, scratch
        )
        clustered = _break_chains(clustered, falls_to)
    clustered = materialise(clustered, f"{scratch}/clustered")
    same_text = clustered.where("doc_id != representative").select(
        F.least("doc_id", "representative").alias("doc_id_a"),
        F.greatest("doc_id", "representative").alias("doc_id_b"),
        F.lit(1.0).alias("similarity"),
    )
    return DuplicateResult(
        duplicates=_removed(clustered, near_edges).unionByName(_repeated(repeats, clustered)),
        edges=near_edges.unionByName(same_text),
        clusters=clustered.select("doc_id", "cluster_id"),
        pairs=pairs,
        compared=nodes.select(*COMPARED.key),
    )


def _numbered(attributes_kept: DataFrame, signatures: DataFrame) -> DataFrame:
    """Records with the key and size of their text, where they have one, and ``occurrence``, their
    place among those with the same ``doc_id``."""
    order_found = Window.partitionBy("doc_id").orderBy("source_file", "record_offset")
    records = attributes_kept.select(*DOCUMENTS.key, "doc_id", *RANKED_BY)
    sizes = signatures.select(*SIGNATURES.key, "text_key", "num_shingles")
    return records.withColumn("occurrence", F.row_number().over(order_found)).join(
        sizes, list(SIGNATURES.key), "left"
    )


def _one_per_text(signed: DataFrame) -> DataFrame:
    """The nodes of the graph: each text once, by the best document that has it."""
    best = F.struct("doc_id", *SIGNATURES.key)
    return (
        signed.groupBy("text_key", "num_shingles")
        .agg(F.min_by(best, survivor_order()).alias("best"), F.count("*").alias("copies"))
        .select("text_key", "num_shingles", "copies", "best.*")
    )


def _members(signed: DataFrame, nodes: DataFrame) -> DataFrame:
    """Documents with the ``representative`` of all with the same text."""
    repeated = nodes.where("copies > 1").select("text_key", F.col("doc_id").alias("best_of_text"))
    return signed.join(repeated, "text_key", "left").select(
        "doc_id",
        *SIGNATURES.key,
        *RANKED_BY,
        F.coalesce("best_of_text", "doc_id").alias("representative"),
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
        "doc_id",
        "source_file",
        "record_offset",
        *RANKED_BY,
        "representative",
        "survivor",
        "cluster_id",
    )


def _break_chains(clustered: DataFrame, falls_to: DataFrame) -> DataFrame:
    """The same members, each falling to a document that it is itself similar to."""
    chosen = falls_to.toDF("representative", "chosen")
    return (
        clustered.drop("survivor")
        .join(chosen, "representative", "left")
        .withColumn("survivor", F.coalesce("chosen", "representative"))
        .drop("chosen")
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
    """Records that stand behind a document; they fall to the survivor that it falls to."""
    fate = clustered.select(F.col("doc_id").alias("stands_for"), "survivor")
    return repeats.join(fate, "stands_for", "left").select(
        "source_file",
        "record_offset",
        "doc_id",
        "rule",
        F.coalesce("survivor", "stands_for").alias("duplicate_of"),
        F.col("stands_for").alias("nearest"),
        "similarity",
    )
