"""Which encoder gives the ids of a ``tokenizer.json`` faster than the library that defines them.

A byte-level BPE that cuts text by our pattern is encoded by :class:`BatchEncoder`. Any other
pattern is left to the library: another engine of regular expressions reads some of them otherwise,
and drops what no part of a pattern matches.
"""

from collections.abc import Mapping
from typing import Any

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


def fast_encoder(definition: Mapping[str, Any]) -> BatchEncoder | None:
    """An encoder with the same ids, or None where the definition is of a kind that we lack."""
    model = definition.get("model")
    if not isinstance(model, dict) or model.get("type") != "BPE":
        return None
    if any(model.get(key) for key in _OTHER_KINDS) or definition.get("normalizer") is not None:
        return None
    pattern, tokens = _split_pattern(definition), definition.get("added_tokens") or []
    max_digits = max_digits_of(pattern) if pattern is not None else None
    if max_digits is None or not all(token["special"] for token in tokens):
        return None  # the library finds tokens that are not special in texts
    vocabulary = model["vocab"]
    pairs = [pair.split(" ") if isinstance(pair, str) else pair for pair in model["merges"]]
    merges = [tuple(map(vocabulary.get, (*pair, "".join(pair)))) for pair in pairs]
    letters = byte_letters()
    byte_ids = [vocabulary.get(letters[byte]) for byte in range(256)]
    if None in byte_ids or any(None in merge for merge in merges):
        return None
    tables = tabulate(byte_ids, merges)
    return BatchEncoder(tables, max_digits) if tables is not None else None


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
    if not plain or byte_level.get("add_prefix_space", True) or byte_level.get("use_regex", True):
        return None
    return str(split["pattern"]["Regex"])
