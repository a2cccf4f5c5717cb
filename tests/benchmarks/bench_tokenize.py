"""The tokenize job on Spark beside the bare encoder, and that beside tiktoken and tokenizers.

Run: make bench-tokenize [DUMPS=folder]

Texts are pieces of real books, news and wiki pages; one half trains a vocabulary of 16,384, the
other is encoded. Bare encoders take the very same texts in one process, the best of three, in MB of
UTF-8 per second of CPU time. The job reads them from Parquet, many times over, encodes, places and
writes them, by two workers; its rate is over the CPU time of the JVM and the workers, so a core's
share. It runs three times in one session: in the first round the JVM still compiles, which a long
job does not feel, so the first and the last are both told. Figures go to ``history.jsonl``.
"""

import argparse
import tempfile
import time
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import tiktoken
import tokenizers
from pyspark.sql import SparkSession

from pipeline.measures.pii import PiiParams
from pipeline.spark.arrow import struct_type
from pipeline.spark.session import SparkParams, open_session
from pipeline.spark.shards import encode_documents
from pipeline.tokens.cutting import GPT2_PATTERN, PATTERN
from pipeline.tokens.shard_plan import ShardParams
from pipeline.tokens.tiktoken_file import byte_letters
from pipeline.tokens.tokenizer import Tokenizer, TokenizerParams, train
from schemas.tokens import TEXTS
from tests.benchmarks.bench_measures import rate, sample
from tests.benchmarks.history import append_history
from tests.benchmarks.processes import usage_of_children
from tests.pipeline.tokens.patterns import LLAMA3, QWEN2

FILES = 8


def as_tiktoken(library: tokenizers.Tokenizer) -> tiktoken.Encoding:
    """The same vocabulary in tiktoken, which knows tokens by their bytes."""
    byte_of = {letter: byte for byte, letter in byte_letters().items()}
    ranks = {
        bytes(byte_of[letter] for letter in token): id_
        for token, id_ in library.get_vocab(with_added_tokens=False).items()
        if all(letter in byte_of for letter in token) and not token.startswith("<|")
    }
    return tiktoken.Encoding("peer", pat_str=PATTERN, mergeable_ranks=ranks, special_tokens={})


def bare_rates(tokenizer: Tokenizer, texts: list[str]) -> dict[str, float]:
    """MB per second of CPU time of each encoder on one core."""
    library = tokenizers.Tokenizer.from_str(tokenizer.definition)
    peer, column = as_tiktoken(library), pa.array(texts)
    part = texts[:: max(1, len(texts) // 100)]
    size, part_size = (sum(len(text.encode()) for text in some) / 1e6 for some in (texts, part))
    expected = [id_ for text in part for id_ in library.encode(text).ids]
    assert tokenizer.encode_batch(part)[0].tolist() == expected
    assert [id_ for text in part for id_ in peer.encode_ordinary(text)] == expected
    return {
        "ours": rate(size, lambda: tokenizer.encode_batch(column)),
        "tiktoken": rate(size, lambda: [peer.encode_to_numpy(text) for text in texts]),
        "tokenizers": rate(part_size, lambda: [library.encode(text) for text in part]),
    }


def rates_of_other_patterns(texts: list[str]) -> dict[str, float]:
    """The same of tokenizers that cut text as those of well-known models do."""
    rates = {}
    column, part = pa.array(texts[1::2]), texts[1 :: max(2, len(texts) // 100)]
    size, part_size = (
        sum(len(text.encode()) for text in some) / 1e6 for some in (texts[1::2], part)
    )
    for name, pattern in {"Llama 3": LLAMA3, "Qwen 2": QWEN2, "GPT-2": GPT2_PATTERN}.items():
        tokenizer = train(iter(texts[::2]), TokenizerParams(pattern=pattern))
        library = tokenizers.Tokenizer.from_str(tokenizer.definition)
        expected = [id_ for text in part for id_ in library.encode(text).ids]
        assert tokenizer.encode_batch(part)[0].tolist() == expected
        rates[f"ours, pattern of {name}"] = rate(size, partial(tokenizer.encode_batch, column))
        rates[f"tokenizers, pattern of {name}"] = rate(
            part_size, lambda library=library: [library.encode(text) for text in part]
        )
    return rates


def write_texts(folder: Path, texts: list[str], copies: int) -> float:
    """TEXTS with so many copies of the texts, each a document; their size in MB."""
    folder.mkdir()
    for number in range(FILES):
        rows = [
            {"doc_id": f"{number:04x}{copy:04x}{place:024x}", "source": "book", "text": text}
            for copy in range(copies // FILES)
            for place, text in enumerate(texts)
        ]
        pq.write_table(pa.Table.from_pylist(rows, TEXTS.schema), folder / f"{number}.parquet")
    return sum(len(text.encode()) for text in texts) * (copies // FILES) * FILES / 1e6


def job_rates(
    spark: SparkSession, tokenizer: Tokenizer, folder: Path, megabytes: float
) -> dict[str, float]:
    """MB per second of CPU time of the job, without and with redaction, and by the clock."""
    rates = {}
    texts = spark.read.schema(struct_type(TEXTS.schema)).parquet(str(folder / "texts"))
    for name, pii in (("job", PiiParams(redact=())), ("job with redaction", PiiParams())):
        scratch = str(folder / name.replace(" ", "_"))
        some = texts.sample(0.05, seed=1)  # of every partition, so that both workers start
        encode_documents(some, tokenizer, ShardParams(), pii, scratch)
        for label in (f"{name}, first round", f"{name}, second round", name):
            before, started = usage_of_children(), time.perf_counter()
            encode_documents(texts, tokenizer, ShardParams(), pii, scratch)
            after = usage_of_children()
            seconds = after.seconds - before.seconds
            workers = after.python_seconds - before.python_seconds
            print(f"{label}: {seconds:.1f} s of CPU time, {workers:.1f} of them the workers'")
            clock = (time.perf_counter() - started) * 2
            rates[label] = round(megabytes / seconds, 2)
        rates[name] = max(rates[name], rates[f"{name}, second round"])  # as the bare ones, the best
        rates[f"{name}, by the clock of two cores"] = round(megabytes / clock, 2)
    return rates


def main() -> None:
    """Measure, print and append the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="holds books/, news/ and mediawiki/")
    parser.add_argument("--megabytes", type=float, default=12.0)
    parser.add_argument("--copies", type=int, default=96)
    options = parser.parse_args()
    texts = sample(options.folder, int(options.megabytes * 1e6))
    tokenizer = train(iter(texts[::2]), TokenizerParams())
    rates = bare_rates(tokenizer, texts[1::2]) | rates_of_other_patterns(texts)
    with (
        tempfile.TemporaryDirectory() as folder,
        open_session("bench_tokenize", SparkParams(master="local[2]")) as spark,
    ):
        megabytes = write_texts(Path(folder) / "texts", texts[1::2], options.copies)
        rates |= job_rates(spark, tokenizer, Path(folder), megabytes)
    print(f"{megabytes:.0f} MB on Spark, MB per second of CPU time and core:")
    for name, value in rates.items():
        print(f"{name:<45}{value:8.2f}")
    append_history({"bench": "tokenize", "megabytes": round(megabytes), "mb_per_cpu_second": rates})


if __name__ == "__main__":
    main()
