"""Clean texts as long as documents, which the toxicity model does not learn from: news, novels
and, of languages without, held-out sentences one behind the other."""

import gzip
import json
from pathlib import Path

import pyarrow.parquet as pq

from pipeline.measures.toxicity_samples import clean_sentences, fifth

_NEWS = (("bbc", "en"), ("giveme5w1h", "en"), ("sogou_sample", "zh"))
_NOVELS = (
    ("pg1342.txt", "utf-8", "en"),
    ("pg145.txt", "utf-8", "en"),
    ("98-0.txt", "utf-8", "en"),
    ("pg64317.txt", "utf-8", "en"),
    ("2000-8.txt", "latin-1", "es"),
    ("4650-8.txt", "latin-1", "fr"),
    ("13951-8.txt", "latin-1", "fr"),
    ("2229-8.txt", "latin-1", "de"),
    ("40739-0.txt", "utf-8", "de"),
    ("23950-0.txt", "utf-8", "zh"),
    ("24264-0.txt", "utf-8", "zh"),
)
_PIECE_BYTES = 3000
_PIECES_PER_NOVEL = 300
_SENTENCES_PER_TEXT = 5


def clean_documents(folder: Path) -> dict[str, list[str]]:
    """Language -> clean texts of a folder with ``news/``, ``books/`` and ``langid/``."""
    documents: dict[str, list[str]] = {}
    for name, language in _NEWS:
        with gzip.open(folder / "news" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            texts = [json.loads(line)["text"] for line in lines]
        documents.setdefault(language, []).extend(text for text in texts if text)
    for name, encoding, language in _NOVELS:
        text = (folder / "books" / "txt" / name).read_bytes().decode(encoding)
        documents.setdefault(language, []).extend(pieces(text)[:_PIECES_PER_NOVEL])
    table = pq.read_table(folder / "langid" / "langid.parquet").to_pydict()
    for language, sentences in clean_sentences(table).items():
        unseen = [sentence for sentence in sentences if fifth(sentence) == 0]
        documents.setdefault(language, []).extend(joined(unseen))
    return documents


def pieces(text: str) -> list[str]:
    """A text in pieces of about ``_PIECE_BYTES`` bytes."""
    length = max(1, _PIECE_BYTES * len(text) // max(1, len(text.encode())))
    return [text[start : start + length] for start in range(0, len(text), length)]


def joined(sentences: list[str]) -> list[str]:
    """Texts of ``_SENTENCES_PER_TEXT`` sentences each; what is left over makes none.

    >>> joined(["a", "b", "c", "d", "e", "f"])
    ['a b c d e']
    """
    size = _SENTENCES_PER_TEXT
    whole = len(sentences) // size * size
    return [" ".join(sentences[start : start + size]) for start in range(0, whole, size)]
