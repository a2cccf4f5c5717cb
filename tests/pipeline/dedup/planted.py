"""Texts whose exact similarity is known because it was planted."""

import random

SHINGLE_SIZE = 5


def words(generator: random.Random, count: int) -> list[str]:
    """Words that practically never repeat."""
    return [f"w{generator.getrandbits(48):x}" for _ in range(count)]


def planted_pair(generator: random.Random, similarity: float, length: int = 64) -> tuple[str, str]:
    """Two texts of ``length`` words with a common beginning, as near to ``similarity`` as whole
    shingles allow."""
    shingles = length - SHINGLE_SIZE + 1
    shared = round(2 * similarity * shingles / (1 + similarity))
    start = words(generator, shared + SHINGLE_SIZE - 1)
    ends = [words(generator, length - len(start)) for _ in range(2)]
    return " ".join(start + ends[0]), " ".join(start + ends[1])


def key_of(name: str) -> str:
    """A text key that says a name of at most 16 ASCII characters; keys are ordered as names."""
    return name.encode().hex().ljust(32, "0")


def name_of(key: str) -> str:
    """The name that ``key_of`` made a text key of."""
    return bytes.fromhex(key).rstrip(b"\0").decode()
