"""A ``.tiktoken`` file (each line: a token in base64 and its rank) -> a ``tokenizer.json``.

The file holds neither merges nor pattern nor special tokens. Merges follow from the ranks: a token
is made of the two that merging by rank leaves of it when only lower ranks may merge (as tiktoken
merges, and as transformers converts such files).
"""

import base64
import binascii
import json
from collections.abc import Sequence
from itertools import pairwise

from schemas.errors import ConfigError

SUFFIX = ".tiktoken"


def as_definition(data: bytes, pattern: str, special_tokens: Sequence[str]) -> str:
    """Text of the ``tokenizer.json`` that gives the ids of a ``.tiktoken`` file.

    Args:
        data: content of the file.
        pattern: regular expression that cuts text before the merges.
        special_tokens: get the ids behind the highest rank, in this order.

    Raises:
        ConfigError: a line is no token and rank, the ranks are not 0, 1, 2, ..., a byte has no
            token, or a token cannot be made of two others.
    """
    ranks = _read_ranks(data)
    letters = byte_letters()

    def spell(token: bytes) -> str:
        return "".join(letters[byte] for byte in token)

    merges = [
        [spell(part) for part in _halves(token, rank, ranks)]
        for token, rank in sorted(ranks.items(), key=lambda item: item[1])
        if len(token) > 1
    ]
    added = [
        {"id": len(ranks) + place, "content": token, "single_word": False, "lstrip": False,
         "rstrip": False, "normalized": False, "special": True}
        for place, token in enumerate(dict.fromkeys(special_tokens))
    ]  # fmt: skip
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
    split = {
        "type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False,
    }  # fmt: skip
    return json.dumps(
        {
            "version": "1.0",
            "added_tokens": added,
            "pre_tokenizer": {
                "type": "Sequence",
                "pretokenizers": [split, {**byte_level, "use_regex": False}],
            },
            "decoder": {**byte_level, "use_regex": True},
            "model": {
                "type": "BPE",
                "vocab": {spell(token): rank for token, rank in ranks.items()},
                "merges": merges,
            },
        },
        ensure_ascii=False,
    )


def byte_letters() -> dict[int, str]:
    """GPT-2's printable letter for each byte, as ByteLevel uses it."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    letters = {byte: chr(byte) for byte in printable}
    hidden = [byte for byte in range(256) if byte not in letters]
    letters.update({byte: chr(0x100 + position) for position, byte in enumerate(hidden)})
    return letters


def _read_ranks(data: bytes) -> dict[bytes, int]:
    ranks: dict[bytes, int] = {}
    for number, line in enumerate(data.splitlines(), 1):
        if not line.strip():
            continue
        try:
            token, rank = line.split()
            ranks[base64.b64decode(token, validate=True)] = int(rank)
        except (ValueError, binascii.Error):
            raise ConfigError(f"line {number} is not a token in base64 and its rank") from None
    if sorted(ranks.values()) != list(range(len(ranks))):
        raise ConfigError("its ranks are not 0, 1, 2, ... once each")
    missing = next((byte for byte in range(256) if bytes([byte]) not in ranks), None)
    if missing is not None:
        raise ConfigError(f"it has no token for the byte {missing}")
    return ranks


def _halves(token: bytes, rank: int, ranks: dict[bytes, int]) -> list[bytes]:
    """The two tokens that become this one when ranks below its own have been merged."""
    parts = [bytes([byte]) for byte in token]
    while len(parts) > 2:
        pairs = [
            (ranks.get(left + right, rank), place)
            for place, (left, right) in enumerate(pairwise(parts))
        ]
        lowest, place = min(pairs)
        if lowest >= rank:
            break
        parts[place : place + 2] = [parts[place] + parts[place + 1]]
    if len(parts) != 2:
        raise ConfigError(
            f"token {rank} ({token!r}) is not made of two others; use its model's tokenizer.json"
        )
    return parts
