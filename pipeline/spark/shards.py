"""Kept documents -> tokenizer -> TOKENS -> token shards and their manifest, on Spark."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from pyarrow.fs import FileSelector, FileType
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipeline.measures.pii import PiiParams, redact_batch
from pipeline.spark.arrow import map_batches, map_stream, struct_type
from pipeline.spark.tables import filesystem, write_text
from pipeline.tokens import encode
from pipeline.tokens.shard_plan import ShardParams, num_shards, positions_per_shard
from pipeline.tokens.shard_writer import ShardWriter
from pipeline.tokens.tokenizer import Tokenizer, TokenizerParams, load, train
from schemas.errors import DataError
from schemas.shards import MANIFEST_NAME, SIDE_FILES, TOKENIZER_NAME, Manifest, Shard, TokenType
from schemas.tokens import TOKENS

_HEX_DIGITS = 15


def make_tokenizer(texts: DataFrame, params: TokenizerParams, pii: PiiParams) -> Tokenizer:
    """The tokenizer that the configuration names, or one trained on a sample of ``texts``.

    The sample is the documents whose id, a hash, lies below a cut times the weight of their
    source: it does not depend on order or partitions. It reaches the driver in id order, one
    partition at a time.
    """
    if params.path is not None:
        return load(params.path, params)
    weight = F.lit(1.0)
    for source, value in sorted(params.sample_weights.items()):
        weight = F.when(F.col("source") == source.value, F.lit(float(value))).otherwise(weight)
    total = texts.agg(F.sum(F.octet_length("text") * weight)).collect()[0][0] or 0
    if total == 0:
        raise DataError("there is no text to train a tokenizer on")
    share = params.sample_bytes / total
    sample = texts
    if share < 1.0 or params.sample_weights:
        drawn = F.conv(F.substring("doc_id", 1, _HEX_DIGITS), 16, 10).cast("double")
        sample = texts.where(drawn < F.lit(share * 16.0**_HEX_DIGITS) * weight)
    rows = sample.orderBy("doc_id").select("text").toLocalIterator(prefetchPartitions=True)
    redacted = (redact_batch(pa.array([row["text"]]), pii.redact)[0].as_py() for row in rows)
    return train(redacted, params)


def encode_documents(
    texts: DataFrame, tokenizer: Tokenizer, params: ShardParams, pii: PiiParams, scratch: str
) -> DataFrame:
    """TOKENS of all documents, written to ``scratch`` so that nothing is encoded twice."""
    encoded = map_batches(
        texts,
        encode.STAGE,
        encode.EncodeParams(
            tokenizer_definition=tokenizer.definition,
            end_of_text=tokenizer.end_of_text,
            dtype=dtype_of(tokenizer),
            redact=pii.redact,
            shards=params,
        ),
    )
    path = f"{scratch}/tokens"
    # Read once and deleted. The dictionary that Parquet tries first is in vain for tokens.
    scratch_writer = encoded.write.mode("overwrite").option("compression", "lz4_raw")
    scratch_writer.option("parquet.enable.dictionary", False).parquet(path)
    return texts.sparkSession.read.schema(struct_type(TOKENS.schema)).parquet(path)


_SHARD_JSON = pa.schema([pa.field("shard", pa.string(), nullable=False)])


def write_shards(
    tokens: DataFrame, tokenizer: Tokenizer, params: ShardParams, folder: str
) -> list[Shard]:
    """Write every shard below ``folder`` and return their manifest entries, in order."""
    dtype = dtype_of(tokenizer)
    totals = _tokens_per_split(tokens, dtype)
    counts = {split: num_shards(total, params) for split, total in totals.items()}
    if not any(counts.values()):  # no document, or all sources are thinned out to nothing
        return []
    number = F.lit(0).cast("long")
    for split, count in sorted(counts.items()):
        width = positions_per_shard(count)
        number = F.when(F.col("split") == split, F.expr(f"position div {width}")).otherwise(number)
    weights = {source.value: weight for source, weight in params.loss_weights.items()}

    def write(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        files, path = filesystem(folder)
        writer: ShardWriter | None = None
        for batch in batches:
            stored = batch.column("tokens")
            for row, (split, shard, doc_id, source, num_utf8_bytes) in enumerate(
                zip(
                    *(
                        batch.column(name).to_pylist()
                        for name in ("split", "shard", "doc_id", "source", "num_utf8_bytes")
                    ),
                    strict=True,
                )
            ):
                if writer is None or (writer.split, writer.number) != (split, shard):
                    if writer is not None:
                        yield _entry(writer.write(files, path, weights))
                    writer = ShardWriter(split, shard, dtype)
                row_tokens = np.frombuffer(stored[row].as_buffer(), dtype)
                writer.add(doc_id, source, row_tokens, num_utf8_bytes)
        if writer is not None:
            yield _entry(writer.write(files, path, weights))

    copies = tokens.select("*", F.explode("positions").alias("position")).drop("positions")
    placed = copies.select("*", number.alias("shard"))
    ordered = placed.repartition(sum(counts.values()), "split", "shard").sortWithinPartitions(
        "split", "shard", "position", "doc_id"
    )
    rows = map_stream(ordered, write, _SHARD_JSON).collect()
    shards = [Shard.model_validate_json(row["shard"]) for row in rows]
    return sorted(shards, key=lambda shard: shard.name)


def _tokens_per_split(tokens: DataFrame, dtype: TokenType) -> dict[str, int]:
    size = F.octet_length("tokens").cast("long") * F.size("positions")
    sizes = tokens.groupBy("split").agg(F.sum(size).alias("bytes")).collect()
    return {row["split"]: row["bytes"] // np.dtype(dtype).itemsize for row in sizes}


def _entry(shard: Shard) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({"shard": [shard.model_dump_json()]}, schema=_SHARD_JSON)


def dtype_of(tokenizer: Tokenizer) -> TokenType:
    """Smallest of the two token types that holds the vocabulary."""
    return "uint16" if tokenizer.vocabulary_size <= 1 << 16 else "int32"


def commit_shards(manifest: Manifest, tokenizer: Tokenizer, folder: str) -> None:
    """Write the tokenizer and, last, the manifest: from then on the shards exist.

    What killed attempts left in the folder (drafts, shards of another plan) goes first.
    """
    files, path = filesystem(folder)
    names = {f"{shard.name}{suffix}" for shard in manifest.shards for suffix in SIDE_FILES}
    for entry in files.get_file_info(FileSelector(path, recursive=True, allow_not_found=True)):
        name = entry.path.removeprefix(path).lstrip("/")
        if entry.type == FileType.File and name not in names:
            files.delete_file(entry.path)
    write_text(f"{folder}/{TOKENIZER_NAME}", tokenizer.definition)
    write_text(f"{folder}/{MANIFEST_NAME}", manifest.to_json())
