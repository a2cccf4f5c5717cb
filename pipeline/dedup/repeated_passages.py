"""Kept documents -> CUTS: what other documents hold, too, and is cut."""

from functools import partial

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipeline.dedup.components import materialise
from pipeline.dedup.passages import (
    PassageParams,
    Windows,
    cut_spans,
    fingerprints,
    lines,
    spans_of,
    windows_around,
)
from pipeline.spark.arrow import map_arrow
from schemas.dedup import CUTS
from schemas.documents import DOCUMENTS

_KEY = ["doc_id", *CUTS.key]
_IDENTITY = [CUTS.schema.field(name) for name in _KEY]
_WINDOWS = pa.schema([("doc_id", pa.string()), ("place", pa.int64()), ("hash", pa.int64())])


def find_passages(texts: DataFrame, params: PassageParams, scratch: str) -> DataFrame:
    """The table CUTS.

    Args:
        texts: ``doc_id`` (unique), ``source_file``, ``record_offset``, ``text``.
        scratch: folder for intermediate tables; the caller removes it.
    """
    texts = texts.select(*_KEY, "text")
    if params.cut == "lines":
        windows = map_arrow(texts, partial(_lines, params=params), _WINDOWS)
    else:
        windows = _windows(texts, params, scratch)
    windows = materialise(windows, f"{scratch}/windows")
    here = F.struct("doc_id", "place")
    first = windows.groupBy("hash").agg(F.min(here).alias("first"), F.count("*").alias("count"))
    places = (
        windows.join(first.where("count > 1"), "hash")
        .where(here != F.col("first"))
        .groupBy("doc_id")
        .agg(F.collect_list("place").alias("places"))
    )
    spans = map_arrow(texts.join(places, "doc_id"), partial(_spans, params=params), CUTS.schema)
    return spans.where(F.size("spans") > 0)


def cut_passages(texts: DataFrame, cuts: DataFrame) -> DataFrame:
    """The texts without what is cut from them; other columns stay as they are.

    Args:
        texts: ``source_file``, ``record_offset``, ``text`` and other columns of DOCUMENTS.
        cuts: ``spans`` of the table CUTS with its key, or others of that form.
    """
    spans = cuts.select(*CUTS.key, "spans")
    joined = texts.join(spans, list(CUTS.key), "left")
    written = pa.schema([DOCUMENTS.schema.field(name) for name in texts.columns])

    def run(batch: pa.RecordBatch) -> pa.RecordBatch:
        shorter = cut_spans(batch["text"], batch["spans"])
        columns = [shorter if name == "text" else batch[name] for name in written.names]
        return pa.RecordBatch.from_arrays(columns, schema=written)

    return map_arrow(joined.select(*written.names, "spans"), run, written)


def count_cuts(cuts: DataFrame) -> dict[str, int]:
    """``documents`` that lose something, their ``passages`` and the bytes of these,
    ``num_bytes``."""
    # The spans hold starts and ends in turn.
    signed = F.transform("spans", lambda at, place: F.when(place % 2 == 0, -at).otherwise(at))
    length = F.aggregate(signed, F.lit(0).cast("long"), lambda total, at: total + at)
    counts = cuts.agg(
        F.count("*").alias("documents"),
        F.coalesce(F.sum(F.size("spans") / 2), F.lit(0)).cast("long").alias("passages"),
        F.coalesce(F.sum(length), F.lit(0)).alias("num_bytes"),
    )
    return dict(counts.collect()[0].asDict())


def _windows(texts: DataFrame, params: PassageParams, scratch: str) -> DataFrame:
    """The windows around fingerprints that occur twice."""
    prints = materialise(
        map_arrow(texts, partial(_fingerprints, params=params), _WINDOWS), f"{scratch}/prints"
    )
    twice = prints.groupBy("hash").agg(F.count("*").alias("count")).where("count > 1")
    wanted = (
        prints.join(twice, "hash", "left_semi")
        .groupBy("doc_id")
        .agg(F.collect_set("hash").alias("wanted"))
    )
    return map_arrow(
        texts.join(wanted, "doc_id"), partial(_windows_around, params=params), _WINDOWS
    )


def _fingerprints(batch: pa.RecordBatch, params: PassageParams) -> pa.RecordBatch:
    return _rows(batch, fingerprints(batch["text"], params))


def _lines(batch: pa.RecordBatch, params: PassageParams) -> pa.RecordBatch:
    return _rows(batch, lines(batch["text"], params))


def _windows_around(batch: pa.RecordBatch, params: PassageParams) -> pa.RecordBatch:
    return _rows(batch, windows_around(batch["text"], batch["wanted"], params))


def _rows(batch: pa.RecordBatch, windows: Windows) -> pa.RecordBatch:
    rows = np.repeat(np.arange(batch.num_rows), np.diff(windows.offsets))
    columns = [
        batch["doc_id"].take(pa.array(rows)),
        pa.array(windows.places),
        pa.array(windows.hashes.astype(np.int64)),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=_WINDOWS)


def _spans(batch: pa.RecordBatch, params: PassageParams) -> pa.RecordBatch:
    spans = spans_of(batch["text"], batch["places"], params)
    columns = [*(batch[field.name] for field in _IDENTITY), spans]
    rows = pa.RecordBatch.from_arrays(columns, names=CUTS.schema.names)
    return CUTS.check(rows)
