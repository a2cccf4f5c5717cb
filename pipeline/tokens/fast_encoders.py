"""Which encoder gives the ids of a ``tokenizer.json`` faster than the library that defines them.

A byte-level BPE that cuts text by our pattern, GPT-4's (Llama 3, Qwen) or GPT-2's is encoded by
:class:`BatchEncoder`. Any other pattern is left to the library: another engine of regular
expressions reads some of them otherwise, and drops what no part of a pattern matches.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import tokenizers
from numpy.typing import NDArray

from pipeline.text.utf8 import Texts, as_column
from pipeline.tokens.batch_encoder import BatchEncoder
from pipeline.tokens.cutting import GPT2_PATTERN, cutting_of
from pipeline.tokens.tiktoken_file import byte_letters
from pipeline.tokens.vocabulary_trie import VocabularyTables, tabulate

_OTHER_KINDS = (
    "dropout",
    "unk_token",
    "byte_fallback",
    "continuing_subword_prefix",
    "end_of_word_suffix",
)
Form: TypeAlias = Literal["NFC", "NFKC"]
_NORMALIZERS: dict[Form, tokenizers.normalizers.Normalizer] = {
    "NFC": tokenizers.normalizers.NFC(),
    "NFKC": tokenizers.normalizers.NFKC(),
}


@dataclass(frozen=True, slots=True)
class FastEncoder:
    """A batch encoder and what texts must go through first. Not to be shared between threads."""

    encoder: BatchEncoder
    form: Form | None
    """Unicode's normal form that texts are brought to first."""
    found_in_texts: str | None
    """Regular expression of added tokens that the library finds in texts; those texts are its."""

    def encode(
        self, texts: Texts, end_id: int | None, library: tokenizers.Tokenizer | None
    ) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Ids of all texts end to end, int32, each text followed by ``end_id`` if there is one,
        and offsets, int64 (num_texts + 1,).

        Args:
            library: encodes the texts that ``found_in_texts`` matches.
        """
        if self.form is None and self.found_in_texts is None:
            return self.encoder.encode(texts, end_id)
        column = as_column(texts).fill_null("")
        composed = column if self.form is None else _compose(column, self.form)
        if self.found_in_texts is None:
            return self.encoder.encode(composed, end_id)
        is_found = pc.match_substring_regex(column, self.found_in_texts)
        if composed is not column:
            is_found = pc.or_(is_found, pc.match_substring_regex(composed, self.found_in_texts))
        left = pc.if_else(is_found, pa.scalar("", column.type), composed)
        ids, offsets = self.encoder.encode(left, end_id)
        rows = np.flatnonzero(is_found.to_numpy(zero_copy_only=False))
        if len(rows) == 0:
            return ids, offsets
        assert library is not None
        strings = column.take(pa.array(rows)).to_pylist()
        found = [
            np.array(encoding.ids, np.int32)
            for encoding in library.encode_batch(strings, add_special_tokens=False)
        ]
        sizes = np.diff(offsets)
        sizes[rows] += [len(one) for one in found]
        parts = np.split(ids, offsets[rows])
        both = [part for pair in zip(parts, [*found, ids[:0]], strict=True) for part in pair]
        return np.concatenate(both), np.concatenate([[0], np.cumsum(sizes)])


def fast_encoder(definition: Mapping[str, Any], end_of_text: str) -> FastEncoder | None:
    """An encoder with the same ids, or None where the definition is of a kind that we lack."""
    model = definition.get("model")
    if not isinstance(model, dict) or model.get("type") != "BPE":
        return None
    forms = _normal_forms(definition)
    if any(model.get(key) for key in _OTHER_KINDS) or forms is None:
        return None
    patterns, added = _split_patterns(definition), definition.get("added_tokens") or []
    cutting = cutting_of(*patterns) if patterns else None
    tables = _tables(model, {token["id"] for token in added}) if cutting is not None else None
    if cutting is None or tables is None:
        return None
    ordinary = [
        token["content"]
        for token in added
        if not token["special"] and token["content"] != end_of_text
    ]
    return FastEncoder(
        BatchEncoder(tables, cutting),
        form=forms[0] if forms else None,
        found_in_texts="|".join(map(re.escape, ordinary)) or None,
    )


def _tables(model: Mapping[str, Any], added_ids: set[int]) -> VocabularyTables | None:
    vocabulary = model["vocab"]
    pairs = [pair.split(" ") if isinstance(pair, str) else pair for pair in model["merges"]]
    merges = [tuple(map(vocabulary.get, (*pair, "".join(pair)))) for pair in pairs]
    letters = byte_letters()
    byte_ids = [vocabulary.get(letters[byte]) for byte in range(256)]
    if None in byte_ids or any(None in merge for merge in merges):
        return None
    tables = tabulate(byte_ids, merges)
    if tables is not None and model.get("ignore_merges"):
        # A piece that is a token is taken as it is; so it is by merges, if they make every token.
        others = set(vocabulary.values()) - set(tables.ids.tolist()) - added_ids
        if others or not tables.are_whole:
            return None
    return tables


def _normal_forms(definition: Mapping[str, Any]) -> list[Form] | None:
    """None or one normal form that texts are brought to; None where it is something else."""
    normalizer = definition.get("normalizer") or {"type": "Sequence", "normalizers": []}
    steps = normalizer["normalizers"] if normalizer.get("type") == "Sequence" else [normalizer]
    names = [step.get("type") for step in steps]
    known = [form for form in _NORMALIZERS if form in names]
    return known if len(names) <= 1 and len(known) == len(names) else None


def _compose(column: pa.Array, form: Form) -> pa.Array:
    """The texts in a normal form, as the library has it.

    It follows an edition of Unicode that is older than Python's: what is composed for Python is
    so for it, too (a test looks at every character that Python does not know).
    """
    changed = {}
    for row in np.flatnonzero(~pc.string_is_ascii(column).to_numpy(zero_copy_only=False)):
        text = column[int(row)].as_py()
        if not unicodedata.is_normalized(form, text):
            changed[row] = _NORMALIZERS[form].normalize_str(text)
    if not changed:
        return column
    mask = np.zeros(len(column), np.bool_)
    mask[list(changed)] = True
    return pc.replace_with_mask(
        column, pa.array(mask), pa.array(list(changed.values()), column.type)
    )


def _split_patterns(definition: Mapping[str, Any]) -> list[str]:
    """The regular expressions of the Splits before a ByteLevel, or that of ByteLevel itself; none
    where text is cut in another way."""
    outer = definition.get("pre_tokenizer")
    if not isinstance(outer, dict):
        return []
    *splits, byte_level = outer.get("pretokenizers") or [outer]
    if byte_level.get("type") != "ByteLevel" or byte_level.get("add_prefix_space", True):
        return []
    if byte_level.get("use_regex", True):
        return [] if splits else [GPT2_PATTERN]
    for split in splits:
        is_plain = split.get("type") == "Split" and "Regex" in split["pattern"]
        if not is_plain or split["behavior"] != "Isolated" or split["invert"]:
            return []
    return [split["pattern"]["Regex"] for split in splits]
