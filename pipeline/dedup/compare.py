"""Texts -> PAIRS: each pair that a build must compare, compared once in the life of a corpus.

The pairs of a corpus are a function of the set of its texts: all that ``candidate_pairs`` makes
of its buckets. When texts come or go only the buckets that hold one of them change. So a build
takes the pairs of the build before it, makes those of the changed buckets anew, and looks into
texts only for pairs that nobody compared yet. The result is the one of a build from nothing.
"""

from dataclasses import dataclass

from pyspark.sql import DataFrame, Observation
from pyspark.sql import functions as F

from pipeline.dedup.buckets import bins_of, distinct_pairs, meet_in_buckets, packed
from pipeline.dedup.components import materialise
from pipeline.dedup.minhash import DedupParams
from pipeline.dedup.own_parts import own_bands
from pipeline.dedup.shingle_sets import shingle_sets
from pipeline.dedup.spark_joins import (
    LONG,
    ends_of,
    explode_bands,
    in_bins,
    stars_and_members,
    verified_pairs,
)
from schemas.dedup import COMPARED, PAIRS, SIGNATURES

_PAIR = list(PAIRS.key)
_OF_HASHES = {"compression": "none", "parquet.enable.dictionary": "false"}
"""How Parquet stores what cannot be compressed."""


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
    keyed = _keyed(nodes, signatures)
    went = _went(nodes, known, scratch) if known is not None else None
    if known is None or went is None:
        candidates = candidate_pairs(keyed, nodes, texts, params, scratch)
        return look_into(candidates.pairs, nodes, texts, params, scratch, candidates.sets)

    bands = explode_bands(keyed.drop("first_keys"))
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
    old = _both_in(known.pairs, nodes.select("text_key"))
    made_anew = _rows_keyed(in_touched.unionByName(rest))
    candidates = candidate_pairs(made_anew, nodes, texts, params, scratch, old)
    unjustified = _both_in(old, in_large).join(candidates.pairs, _PAIR, "left_anti")
    unseen = materialise(candidates.pairs.join(old, _PAIR, "left_anti"), f"{scratch}/unseen")
    compared = look_into(unseen, nodes, texts, params, scratch, candidates.sets)
    return old.join(unjustified, _PAIR, "left_anti").unionByName(compared)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs to compare, and what comparing them takes.

    Attributes:
        pairs: ``text_key_a``, ``text_key_b``, ``anchor``; the smaller key first, each pair once.
        sets: ``text_key``, ``shingles`` of the ends of all pairs that nobody compared yet, where
            finding the pairs took them.
    """

    pairs: DataFrame
    sets: DataFrame | None = None


def candidate_pairs(
    keyed: DataFrame,
    nodes: DataFrame,
    texts: DataFrame,
    params: DedupParams,
    scratch: str,
    old: DataFrame | None = None,
) -> Candidates:
    """Pairs of texts that share a band key.

    A bucket (the texts that share one key) of at most ``max_bucket_pairs_size`` texts gives all
    its pairs, a larger one those that ``stars_and_members`` makes, and by option those that
    share what is their own.

    Args:
        keyed: ``KEYED``: all rows of a bucket, or none.
        old: pairs that were compared before.
    """
    bins = bins_of(nodes.count() * params.bands)
    met, stars = _met_and_stars(keyed, bins, params, f"{scratch}/of_buckets")
    pairs = materialise(distinct_pairs(_joined(met, stars)), f"{scratch}/pairs_of_buckets")
    if stars is None or not params.search_templates:
        return Candidates(pairs)

    is_member = stars.where("band_key is not null")
    members = is_member.select(F.col("text_key_a").alias("text_key"), "band_key", "is_centre")
    unseen = pairs if old is None else pairs.join(old, _PAIR, "left_anti")
    ends = unseen.select(F.explode(F.array(*_PAIR)).alias("text_key"))
    keys = ends.unionByName(members.select("text_key")).distinct()
    places = materialise(_placed(keys, nodes), f"{scratch}/places")
    sets = materialise(_sets_of(places, texts, params), f"{scratch}/sets", **_OF_HASHES)
    own, own_stars = _met_and_stars(own_bands(members, sets), bins, params, f"{scratch}/own")
    more = distinct_pairs(_joined(own, own_stars).unionByName(packed(pairs)))
    return Candidates(materialise(more, f"{scratch}/candidates"), sets)


def _met_and_stars(
    keyed: DataFrame, bins: int, params: DedupParams, path: str
) -> tuple[DataFrame, DataFrame | None]:
    """``meet_in_buckets``, and ``stars_and_members`` of the larger buckets where there are any."""
    seen = Observation()
    met = meet_in_buckets(keyed, bins, params).observe(seen, F.count("band_key").alias("rows"))
    met = materialise(met, path)
    if seen.get["rows"] == 0:
        return met, None
    large = met.where("band_key is not null").drop("pair", "anchor")
    return met, materialise(stars_and_members(large, params), f"{path}_stars")


def _joined(met: DataFrame, stars: DataFrame | None) -> DataFrame:
    """``pair``, ``anchor`` of small buckets and of larger ones."""
    small = met.where("pair is not null").select("pair", "anchor")
    return small if stars is None else small.unionByName(packed(stars.where("band_key is null")))


def look_into(
    candidates: DataFrame,
    nodes: DataFrame,
    texts: DataFrame,
    params: DedupParams,
    scratch: str,
    sets: DataFrame | None = None,
) -> DataFrame:
    """PAIRS of the candidates, of ``sets`` or from the texts of those records alone that they
    need."""
    binned = in_bins(_sized(candidates, nodes, scratch))
    if sets is not None:
        ends = materialise(ends_of(binned), f"{scratch}/ends")
        return verified_pairs(binned, ends, sets)
    places = materialise(_placed(ends_of(binned), nodes), f"{scratch}/places")
    return verified_pairs(binned, places, _sets_of(places, texts, params))


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


def _sized(candidates: DataFrame, nodes: DataFrame, scratch: str) -> DataFrame:
    """The candidates, with ``num_shingles`` of the first text where any text is long."""
    long = nodes.where(F.col("num_shingles") >= LONG)
    if long.isEmpty():
        return candidates
    sizes = long.select(F.col("text_key").alias("text_key_a"), "num_shingles")
    return materialise(candidates.join(sizes, "text_key_a", "left"), f"{scratch}/sized")


def _placed(keys: DataFrame, nodes: DataFrame) -> DataFrame:
    """``text_key`` and the other columns of ``keys``, and the place of a record with this text.

    To be written, so that its size is known: where it is small, no text is shuffled for a join.
    """
    return nodes.select("text_key", *SIGNATURES.key).join(keys, "text_key")


def _sets_of(places: DataFrame, texts: DataFrame, params: DedupParams) -> DataFrame:
    """``text_key``, ``shingles`` of the texts in these places."""
    wanted = places.select("text_key", *SIGNATURES.key)
    wanted = texts.select(*SIGNATURES.key, "text").join(wanted, list(SIGNATURES.key))
    return shingle_sets(wanted, params.shingle_size)


def _keyed(nodes: DataFrame, signatures: DataFrame) -> DataFrame:
    """``KEYED`` of the given texts."""
    keys = signatures.select(*SIGNATURES.key, "band_keys")
    placed = nodes.select("text_key", "num_shingles", *SIGNATURES.key).join(
        keys, list(SIGNATURES.key)
    )
    firsts = F.slice("band_keys", 1, 2).alias("first_keys")
    return placed.select("text_key", "num_shingles", "band_keys", firsts)


def _rows_keyed(bands: DataFrame) -> DataFrame:
    """``KEYED`` of rows of ``explode_bands``, one for each of them."""
    first = F.when(F.col("next_key").isNull(), F.array()).otherwise(F.array("next_key"))
    keys = (F.array("band_key").alias("band_keys"), first.cast("array<bigint>").alias("first_keys"))
    return bands.select("text_key", "num_shingles", *keys)


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
