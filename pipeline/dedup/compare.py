"""Texts -> PAIRS: each pair that a build must compare, compared once in the life of a corpus.

The pairs of a corpus are a function of the set of its texts: all that ``candidate_pairs`` makes
of its buckets. When texts come or go only the buckets that hold one of them change. So a build
takes the pairs of the build before it, makes those of the changed buckets anew, and looks into
texts only for pairs that nobody compared yet. The result is the one of a build from nothing.
"""

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipeline.dedup.components import materialise
from pipeline.dedup.minhash import DedupParams
from pipeline.dedup.own_parts import own_bands
from pipeline.dedup.shingle_sets import shingle_sets
from pipeline.dedup.spark_joins import (
    bucket_pairs,
    ends_of,
    explode_bands,
    pairs_and_members,
    verified_pairs,
)
from schemas.dedup import COMPARED, PAIRS, SIGNATURES

_PAIR = list(PAIRS.key)


@dataclass(frozen=True, slots=True)
class Known:
    """What an earlier build with the same parameters compared.

    Attributes:
        pairs: its table PAIRS.
        compared: its table COMPARED.
        signatures: SIGNATURES of at least its texts, also of those that are gone by now.
    """

    pairs: DataFrame
    compared: DataFrame
    signatures: DataFrame


def compare_texts(
    nodes: DataFrame,
    signatures: DataFrame,
    texts: DataFrame,
    params: DedupParams,
    scratch: str,
    known: Known | None = None,
) -> DataFrame:
    """The table PAIRS of these texts, the same with and without ``known``.

    Where ``known`` lacks the signature of a text that is gone, nobody can tell which buckets it
    left, and all pairs are made anew.

    Args:
        nodes: ``text_key`` (unique), ``num_shingles``, and the place (``source_file``,
            ``record_offset``) of a record with this text.
        signatures: SIGNATURES, at least of these records.
        texts: ``source_file``, ``record_offset``, ``text``, at least of these records.
        scratch: folder for intermediate tables.
    """
    bands = _bands_of(nodes, signatures)
    went = _went(nodes, known, scratch) if known is not None else None
    if known is None or went is None:
        candidates = candidate_pairs(bands, nodes, texts, params, scratch)
        return look_into(candidates, nodes, texts, params, scratch)

    touched = materialise(_touched_keys(nodes, signatures, known, went), f"{scratch}/touched")
    in_touched = materialise(
        bands.join(touched, "band_key", "left_semi"), f"{scratch}/touched_bands"
    )
    # A bucket that is large now may have been small, and pairs that it justified are no longer
    # made. All other buckets of its members are made again, so what justifies a pair of two of
    # them is seen.
    in_large = materialise(_members_of_large(in_touched, params), f"{scratch}/in_large")
    more = bands.join(in_large, "text_key", "left_semi").select("band_key").distinct()
    rest = bands.join(more.join(touched, "band_key", "left_anti"), "band_key", "left_semi")
    candidates = candidate_pairs(in_touched.unionByName(rest), nodes, texts, params, scratch)
    old = _both_in(known.pairs, nodes.select("text_key"))
    unjustified = _both_in(old, in_large).join(candidates, _PAIR, "left_anti")
    unseen = materialise(candidates.join(old, _PAIR, "left_anti"), f"{scratch}/unseen")
    compared = look_into(unseen, nodes, texts, params, scratch)
    return old.join(unjustified, _PAIR, "left_anti").unionByName(compared)


def candidate_pairs(
    bands: DataFrame, nodes: DataFrame, texts: DataFrame, params: DedupParams, scratch: str
) -> DataFrame:
    """Pairs to compare, of all rows of some buckets: those that ``bucket_pairs`` makes, and in
    large buckets, by option, those that share what is their own."""
    if not params.search_templates:
        return materialise(bucket_pairs(bands, params), f"{scratch}/pairs_of_buckets")
    found = materialise(pairs_and_members(bands, params).distinct(), f"{scratch}/of_buckets")
    pairs = found.where("band_key is null").select(*_PAIR)
    is_member = found.where("band_key is not null")
    members = is_member.select(F.col("text_key_a").alias("text_key"), "band_key", "is_centre")
    if members.isEmpty():
        return pairs
    keys = members.select("text_key").distinct()
    wanted = _texts_of(keys, nodes, texts, f"{scratch}/members")
    sets = materialise(shingle_sets(wanted, params.shingle_size), f"{scratch}/member_sets")
    more = bucket_pairs(explode_bands(own_bands(members, sets)), params)
    return materialise(pairs.unionByName(more).distinct(), f"{scratch}/candidates")


def look_into(
    candidates: DataFrame, nodes: DataFrame, texts: DataFrame, params: DedupParams, scratch: str
) -> DataFrame:
    """PAIRS of the candidates, from the texts of those records alone that they need."""
    wanted = _texts_of(ends_of(candidates), nodes, texts, f"{scratch}/places")
    return verified_pairs(candidates, wanted, params.shingle_size)


def edges_between(pairs: DataFrame, nodes: DataFrame, params: DedupParams) -> DataFrame:
    """The table EDGES of pairs from the threshold on; ``nodes`` has ``text_key``, ``doc_id``."""
    first = nodes.select(F.col("text_key").alias("text_key_a"), F.col("doc_id").alias("one"))
    second = nodes.select(F.col("text_key").alias("text_key_b"), F.col("doc_id").alias("other"))
    near = pairs.where(F.col("similarity") >= params.threshold)
    return (
        near.join(first, "text_key_a")
        .join(second, "text_key_b")
        .select(
            F.least("one", "other").alias("doc_id_a"),
            F.greatest("one", "other").alias("doc_id_b"),
            "similarity",
        )
    )


def _texts_of(keys: DataFrame, nodes: DataFrame, texts: DataFrame, path: str) -> DataFrame:
    """``text_key``, ``text`` of the given keys."""
    places = nodes.select("text_key", *SIGNATURES.key).join(keys, "text_key", "left_semi")
    # Written, so that its size is known: where it is small, no text is shuffled for the join.
    places = materialise(places, path)
    return texts.select(*SIGNATURES.key, "text").join(places, list(SIGNATURES.key))


def _bands_of(nodes: DataFrame, signatures: DataFrame) -> DataFrame:
    """``text_key``, ``num_shingles``, ``band_key``, ``next_key`` of the given texts."""
    keys = signatures.select(*SIGNATURES.key, "band_keys")
    placed = nodes.select("text_key", "num_shingles", *SIGNATURES.key).join(
        keys, list(SIGNATURES.key)
    )
    return explode_bands(placed.select("text_key", "num_shingles", "band_keys"))


def _went(nodes: DataFrame, known: Known, scratch: str) -> DataFrame | None:
    """``text_key`` and ``band_keys`` of the texts that are gone; None where some are unknown."""
    gone = known.compared.join(nodes, list(COMPARED.key), "left_anti")
    keys = known.signatures.select("text_key", "band_keys")
    # Copies of a text have the same keys.
    signed = keys.join(gone, "text_key", "left_semi").groupBy("text_key").agg(F.first("band_keys"))
    went = materialise(
        gone.join(signed.toDF("text_key", "band_keys"), "text_key", "left"), f"{scratch}/went"
    )
    return went if went.where("band_keys is null").isEmpty() else None


def _touched_keys(
    nodes: DataFrame, signatures: DataFrame, known: Known, went: DataFrame
) -> DataFrame:
    """Band keys of the texts that came or went."""
    fresh = nodes.join(known.compared, list(COMPARED.key), "left_anti")
    came = signatures.join(fresh.select(*SIGNATURES.key), list(SIGNATURES.key), "left_semi")
    keys = came.select("band_keys").unionByName(went.select("band_keys"))
    return keys.select(F.explode("band_keys").alias("band_key")).distinct()


def _members_of_large(bands: DataFrame, params: DedupParams) -> DataFrame:
    """``text_key`` of the texts in buckets that are not compared in full."""
    large = (
        bands.groupBy("band_key")
        .agg(F.count("*").alias("size"))
        .where(F.col("size") > params.max_bucket_pairs_size)
    )
    return bands.join(large, "band_key", "left_semi").select("text_key").distinct()


def _both_in(pairs: DataFrame, keys: DataFrame) -> DataFrame:
    """Pairs whose two texts are among ``keys`` (``text_key``, unique)."""
    first = keys.withColumnRenamed("text_key", "text_key_a")
    second = keys.withColumnRenamed("text_key", "text_key_b")
    return pairs.join(first, "text_key_a", "left_semi").join(second, "text_key_b", "left_semi")
