"""Shards made by hand, byte by byte as schemas/shards.py documents them."""

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from schemas.shards import MANIFEST_NAME, TOKENIZER_NAME, Manifest, Shard, TokenizerFacts

SOURCES = ("text", "news")
END_OF_TEXT = "<|endoftext|>"
SENTENCES = (
    "the cat sat on the mat and looked at the dog",
    "a dog ran over the hill to see the cat",
    "小猫坐在垫子上看着小狗",
    "rain fell on the hill and the dog came home",
    "who sat on my mat, said the cat to the rain",
)


@dataclass(frozen=True)
class Document:
    ids: Sequence[int]  # end-of-text excluded
    num_utf8_bytes: int
    source: int = 0
    weight: float = 1.0


def train_tokenizer(texts: Sequence[str], vocabulary_size: int) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary_size,
        special_tokens=[END_OF_TEXT],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def encode(tokenizer: Tokenizer, texts: Sequence[str], **facts: float) -> list[Document]:
    return [
        Document(encoding.ids, len(text.encode()), **facts)
        for text, encoding in zip(
            texts, tokenizer.encode_batch(list(texts), add_special_tokens=False), strict=True
        )
    ]


def write_shards(
    folder: Path,
    tokenizer: Tokenizer,
    shards: Sequence[tuple[str, Sequence[Document]]],
    dtype: str = "uint16",
) -> Path:
    """Write ``(split, documents)`` shards and their manifest; return the manifest's path."""
    tokenizer_text = tokenizer.to_str().encode()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / TOKENIZER_NAME).write_bytes(tokenizer_text)
    end = tokenizer.token_to_id(END_OF_TEXT)
    manifest = Manifest(
        dtype=dtype,
        tokenizer=TokenizerFacts(
            sha256=hashlib.sha256(tokenizer_text).hexdigest(),
            vocabulary_size=tokenizer.get_vocab_size(),
            end_of_text_id=end,
            end_of_text=END_OF_TEXT,
        ),
        sources=list(SOURCES),
        shards=[
            _write_shard(folder, f"{split}/shard-{number:05d}", split, documents, end, dtype)
            for number, (split, documents) in enumerate(shards)
        ],
        config={},
        inputs_sha256="0" * 64,
        ledger_sha256="0" * 64,
        code_version="0",
    )
    path = folder / MANIFEST_NAME
    path.write_text(manifest.to_json(), encoding="utf-8")
    return path


def _write_shard(
    folder: Path, name: str, split: str, documents: Sequence[Document], end: int, dtype: str
) -> Shard:
    base = folder / name
    base.parent.mkdir(parents=True, exist_ok=True)
    ids = [[*document.ids, end] for document in documents]
    lengths = np.array([len(each) for each in ids], np.int64)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    tokens = np.array([token for each in ids for token in each], f"<{np.dtype(dtype).str[1:]}")
    tokens.tofile(f"{base}.bin")
    np.save(f"{base}.offsets.npy", offsets.astype("<u8"))
    np.save(f"{base}.sources.npy", np.array([d.source for d in documents], "<u2"))
    np.save(f"{base}.weights.npy", np.array([d.weight for d in documents], "<f4"))
    doc_ids = [hashlib.md5(f"{name} {n}".encode()).digest() for n in range(len(documents))]
    np.save(f"{base}.doc_ids.npy", np.frombuffer(b"".join(doc_ids), np.uint8).reshape(-1, 16))
    code = {"uint16": 8, "int32": 4}[dtype]
    Path(f"{base}.idx").write_bytes(
        b"MMIDIDX\x00\x00"
        + struct.pack("<QBQQ", 1, code, len(documents), len(documents) + 1)
        + lengths.astype("<i4").tobytes()
        + (offsets[:-1] * tokens.itemsize).astype("<i8").tobytes()
        + np.arange(len(documents) + 1).astype("<i8").tobytes()
    )
    suffixes = (".bin", ".idx", ".offsets.npy", ".sources.npy", ".weights.npy", ".doc_ids.npy")
    return Shard(
        name=name,
        split=split,
        num_tokens=int(offsets[-1]),
        num_documents=len(documents),
        num_utf8_bytes=sum(document.num_utf8_bytes for document in documents),
        tokens_per_source={
            name: sum(len(d.ids) + 1 for d in documents if d.source == number)
            for number, name in enumerate(SOURCES)
        },
        sha256={s: hashlib.sha256(Path(f"{base}{s}").read_bytes()).hexdigest() for s in suffixes},
    )
