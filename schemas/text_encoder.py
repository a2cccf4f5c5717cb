"""How texts become ids by a ``tokenizer.json``: in the corpus, and before a trained model.

A file may carry what is for training or for chats: lengths to cut or fill up to, merges left out
at random. And the library takes the name of a special token, written in a text, for that token
wherever its model looks up whole words. Here a text has one encoding, whole, and special tokens
are names like any other.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import tokenizers


def text_encoder(definition: str, end_of_text: str) -> tokenizers.Tokenizer:
    """An encoder of texts; special tokens may have other names in it, so it does not decode.

    Args:
        definition: text of a ``tokenizer.json``.
        end_of_text: the token that no text may become; special or not.

    Raises:
        Exception: the library can make nothing of ``definition``.
    """
    tree = json.loads(definition)
    names = _within_reach(tree, end_of_text)
    if names:
        definition = _renamed(tree, names, hashlib.sha256(definition.encode()).hexdigest())
    encoder = tokenizers.Tokenizer.from_str(definition)
    if end_of_text not in names:
        encoder.add_special_tokens([end_of_text])
    encoder.encode_special_tokens = True
    encoder.no_truncation()
    encoder.no_padding()
    if isinstance(encoder.model, tokenizers.models.BPE):
        encoder.model.dropout = None
    return encoder


def _within_reach(tree: Mapping[str, Any], end_of_text: str) -> set[str]:
    """Special tokens that the model finds in texts by their names, but the unknown one."""
    model = tree["model"]
    kind, vocabulary = model.get("type"), model["vocab"]
    if kind == "BPE" and not model.get("ignore_merges"):
        return set()
    special = {token["content"] for token in tree.get("added_tokens") or () if token["special"]}
    special.add(end_of_text)
    if kind == "Unigram":
        unknown = model.get("unk_id")
        own = {piece for number, (piece, _) in enumerate(vocabulary) if number != unknown}
    else:
        own = set(vocabulary) - {model.get("unk_token")}
    pairs = (pair.split(" ") if isinstance(pair, str) else pair for pair in model.get("merges", ()))
    return special & own - {"".join(pair) for pair in pairs}


def _renamed(tree: Mapping[str, Any], names: set[str], key: str) -> str:
    """The definition with tokens called what no text holds."""
    model = dict(tree["model"])
    if model.get("type") == "Unigram":
        model["vocab"] = [[_hide(piece, names, key), score] for piece, score in model["vocab"]]
    else:
        model["vocab"] = {_hide(name, names, key): id_ for name, id_ in model["vocab"].items()}
    added = [token for token in tree.get("added_tokens") or () if token["content"] not in names]
    return json.dumps({**tree, "model": model, "added_tokens": added, "post_processor": None})


def _hide(name: str, names: set[str], key: str) -> str:
    return f"{name}{key}" if name in names else name
