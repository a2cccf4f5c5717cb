"""Properties of code points, against ftfy and the Unicode database."""

import hashlib
import unicodedata

import ftfy
import pytest
from ftfy.badness import BADNESS_RE

from pipeline.text.normalize import FTFY_CONFIG
from pipeline.text.normalize_tables import COMPOSES, FTFY, TIDY, load_tables
from pipeline.text.tidy import tidy

CODES = [code for code in range(0x20000) if not 0xD800 <= code < 0xE000]


def effect_of(code):
    tables = load_tables()
    return int(tables.effects[tables.kinds[code]])


def test_every_character_that_something_always_changes_is_marked():
    missed = []
    for code in CODES:
        character = chr(code)
        alone = f"a{character}b"
        if ftfy.fix_text(alone, FTFY_CONFIG) != alone and not effect_of(code) & FTFY:
            missed.append(hex(code))
        if tidy(alone) != alone and not effect_of(code) & (TIDY | COMPOSES) and code not in (9, 10):
            missed.append(hex(code))
    assert not missed


def test_the_kind_of_most_characters_says_nothing():
    tables = load_tables()
    assert all(tables.kinds[ord(character)] == 0 for character in "aZ09.,!中の한ไم")
    assert len(tables.effects) < 1000


@pytest.mark.parametrize("pair", ["e\u0301", "か\u3099", "\u0928\u093c", "\u09c7\u09be"])
def test_pairs_that_compose_are_known(pair):
    first, second = map(ord, pair)
    assert len(unicodedata.normalize("NFC", pair)) == 1
    assert first << 21 | second in load_tables().compositions


def test_two_neighbours_that_look_like_mojibake_are_a_pair():
    tables = load_tables()
    suspects = [
        code for code in range(0x80, 0x10000) if tables.leads[tables.kinds[code]] & 0x7FFFFFFF
    ]
    samples = suspects[::3]
    for first in samples:
        for second in samples:
            if BADNESS_RE.search(chr(first) + chr(second)):
                lead = tables.leads[tables.kinds[first]]
                follow = tables.follows[tables.kinds[second]]
                assert lead & follow or chr(first) in "Œœ", (hex(first), hex(second))


def test_the_heuristic_of_ftfy_is_the_one_that_the_pairs_were_read_from():
    # A release of ftfy that changes its expression wants MOJIBAKE_PAIRS to be read from it again.
    digest = hashlib.sha256(BADNESS_RE.pattern.encode()).hexdigest()
    assert digest.startswith("9dcc0f2ac90d9ae3")
