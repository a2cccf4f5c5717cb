"""Which encoder gives the ids of a ``tokenizer.json`` faster than the library that defines them.

A byte-level BPE that cuts text by our pattern is encoded by :class:`BatchEncoder`; one with another
pattern by tiktoken, where its merges are numbered in order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import tiktoken
from numpy.typing import NDArray

from pipeline.text.utf8 import Texts
from pipeline.tokens.batch_encoder import BatchEncoder
from pipeline.tokens.pre_tokens import max_digits_of
from pipeline.tokens.tiktoken_file import byte_letters
from pipeline.tokens.vocabulary_trie import tabulate

_OTHER_KINDS = (
    "dropout",
    "unk_token",
    "byte_fallback",
    "ignore_merges",
    "continuing_subword_prefix",
    "end_of_word_suffix",
)


class Encoder(Protocol):
    """Gives ids of texts end to end, int32, and offsets, int64 ``(num_texts + 1,)``."""

    def encode(self, texts: Texts) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """The text of a special token is encoded as ordinary text."""


def fast_encoder(definition: Mapping[str, Any]) -> Encoder | None:
    """An encoder with the same ids, or None where the definition is of a kind that we lack."""
    model = definition.get("model")
    if not isinstance(model, dict) or model.get("type") != "BPE":
        return None
    if any(model.get(key) for key in _OTHER_KINDS) or definition.get("normalizer") is not None:
        return None
    pattern, tokens = _split_pattern(definition), definition.get("added_tokens") or []
    if pattern is None or not all(token["special"] for token in tokens):
        return None  # the library finds tokens that are not special in texts
    vocabulary = model["vocab"]
    pairs = [pair.split(" ") if isinstance(pair, str) else pair for pair in model["merges"]]
    merges = [tuple(map(vocabulary.get, (*pair, "".join(pair)))) for pair in pairs]
    letters = byte_letters()
    byte_ids = [vocabulary.get(letters[byte]) for byte in range(256)]
    if None in byte_ids or any(None in merge for merge in merges):
        return None
    max_digits = max_digits_of(pattern)
    tables = tabulate(byte_ids, merges) if max_digits is not None else None
    if max_digits is not None and tables is not None:
        return BatchEncoder(tables, max_digits)
    special = {token["content"]: token["id"] for token in tokens}
    return _as_tiktoken(vocabulary, [merge[2] for merge in merges], pattern, special)


def laid_end_to_end(
    parts: Sequence[NDArray[np.int32]],
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The ids of each text as one array with offsets."""
    offsets = np.zeros(len(parts) + 1, np.int64)
    np.cumsum([len(part) for part in parts], out=offsets[1:])
    return (np.concatenate(parts) if parts else np.zeros(0, np.int32)), offsets


@dataclass(frozen=True, slots=True)
class _Tiktoken:
    encoding: tiktoken.Encoding

    def encode(self, texts: Texts) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        strings = texts if isinstance(texts, Sequence) else texts.to_pylist()
        encode = self.encoding.encode_to_numpy
        return laid_end_to_end(
            [encode(text, disallowed_special=()).astype(np.int32) for text in strings]
        )


def _as_tiktoken(
    vocabulary: Mapping[str, int], merged: list[int], pattern: str, special: Mapping[str, int]
) -> _Tiktoken | None:
    to_byte = {letter: byte for byte, letter in byte_letters().items()}
    ranks = {}
    for token, id_ in vocabulary.items():
        if token in special:
            continue
        if any(letter not in to_byte for letter in token):
            return None
        ranks[bytes(to_byte[letter] for letter in token)] = id_
    # tiktoken merges by the rank of the result, tokenizers by the order of the merges.
    if merged != sorted(merged) or len(ranks) != 256 + len(merged):
        return None
    return _Tiktoken(
        tiktoken.Encoding(
            "corpusmill", pat_str=pattern, mergeable_ranks=ranks, special_tokens=dict(special)
        )
    )


def _split_pattern(definition: Mapping[str, Any]) -> str | None:
    """The regular expression of a Split before a ByteLevel, the only form that is translated."""
    outer = definition.get("pre_tokenizer")
    steps = outer.get("pretokenizers") if isinstance(outer, dict) else None
    if not isinstance(steps, list) or [step.get("type") for step in steps] != [
        "Split",
        "ByteLevel",
    ]:
        return None
    split, byte_level = steps
    plain = split["behavior"] == "Isolated" and not split["invert"] and "Regex" in split["pattern"]
    if not plain or byte_level["add_prefix_space"] or byte_level["use_regex"]:
        return None
    return str(split["pattern"]["Regex"])
