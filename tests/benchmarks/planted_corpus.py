"""A corpus with planted copies, made from real words: what ``bench_dedup`` measures on.

Fresh documents are runs of words of real texts in shuffled order (characters where a script has
no spaces), so that words are real and no two documents are similar by chance. A share of them
is copied with scattered edits at known rates, a share is one page repeated with small changes
(the hot bucket), a share carries one boilerplate paragraph.
"""

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

SCHEMA = pa.schema(
    [
        ("doc_id", pa.string()),
        ("source_file", pa.string()),
        ("record_offset", pa.int64()),
        ("quality_score", pa.float64()),
        ("num_characters", pa.int64()),
        ("published", pa.timestamp("us", tz="UTC")),
        ("text", pa.string()),
        ("base", pa.string()),
    ]
)
"""Columns of the made table; ``base`` is the document that a planted copy was made from."""

EDITED = (0.0, 0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.06)
"""Shares of words replaced in planted copies; 0.02 is near the threshold of 0.8."""


@dataclass(frozen=True, slots=True)
class Shares:
    """What part of the documents is what."""

    copies: float = 0.2
    template: float = 0.01
    boilerplate: float = 0.05


def is_unspaced(text: str) -> bool:
    """Whether spaces do not part the words of a text.

    >>> is_unspaced("hello there, world"), is_unspaced("机器学习")
    (False, True)
    """
    return text.count(" ") < len(text) / 20


def word_lists(texts: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Separator and words of each text that is long enough to draw from."""
    lists = []
    for text in texts:
        separator = "" if is_unspaced(text) else " "
        words = text.split() if separator else list("".join(text.split()))
        if len(words) >= 300:
            lists.append((separator, words))
    return lists


def make_documents(
    pools: Sequence[tuple[str, list[str]]],
    num_bytes: int,
    seed: int = 0,
    shares: Shares = Shares(),
) -> Iterator[tuple[str, str | None]]:
    """Texts until ``num_bytes`` are reached, each with the index of its base or ``None``."""
    generator = random.Random(seed)
    recent: list[tuple[int, str, list[str]]] = []
    template = _fresh(generator, pools)
    boilerplate = " ".join(_fresh(generator, [pool for pool in pools if pool[0]])[1][:60])
    made = 0
    number = 0
    while made < num_bytes:
        draw = generator.random()
        base = None
        if draw < shares.copies and recent:
            base, separator, words = generator.choice(recent)
            words = _edited(generator, words, generator.choice(EDITED), pools)
        elif draw < shares.copies + shares.template:
            separator, words = template
            words = _edited(generator, words, 0.002, pools)
        else:
            separator, words = _fresh(generator, pools)
            # Copies lie anywhere in the corpus: bases are kept by reservoir.
            if len(recent) < 20_000:
                recent.append((number, separator, words))
            elif (place := generator.randrange(number)) < len(recent):
                recent[place] = (number, separator, words)
        text = separator.join(words)
        if base is None and generator.random() < shares.boilerplate:
            text = f"{text}\n{boilerplate}"
        made += len(text.encode())
        number += 1
        yield text, None if base is None else str(base)


def _fresh(
    generator: random.Random, pools: Sequence[tuple[str, list[str]]]
) -> tuple[str, list[str]]:
    separator, words = generator.choice(pools)
    length = min(len(words), max(60, int(generator.lognormvariate(6.1, 0.8))))
    first = generator.randrange(len(words) - length + 1)
    picked = words[first : first + length]
    generator.shuffle(picked)
    return separator, picked


def _edited(
    generator: random.Random,
    words: list[str],
    share: float,
    pools: Sequence[tuple[str, list[str]]],
) -> list[str]:
    words = list(words)
    _, others = generator.choice(pools)
    for place in generator.sample(range(len(words)), round(share * len(words))):
        words[place] = generator.choice(others)
    return words


def write_corpus(
    texts: Sequence[str], num_bytes: int, folder: Path, rows_per_file: int = 2048
) -> None:
    """Write the corpus as Parquet files of ``SCHEMA`` below ``folder``."""
    folder.mkdir(parents=True)
    rows: list[dict[str, object]] = []
    written = 0
    for number, (text, base) in enumerate(make_documents(word_lists(texts), num_bytes)):
        rows.append(
            {
                "doc_id": _id(str(number)),
                "source_file": f"part-{number // rows_per_file:05d}",
                "record_offset": number % rows_per_file,
                "quality_score": (number * 7919 % 100) / 100,
                "num_characters": len(text),
                "published": None,
                "text": text,
                "base": None if base is None else _id(base),
            }
        )
        if len(rows) == rows_per_file:
            _write(rows, folder, written)
            written, rows = written + 1, []
    if rows:
        _write(rows, folder, written)


def _id(number: str) -> str:
    return hashlib.blake2b(number.encode(), digest_size=16).hexdigest()


def _write(rows: list[dict[str, object]], folder: Path, number: int) -> None:
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    pq.write_table(table, folder / f"part-{number:05d}.parquet", compression="zstd")
