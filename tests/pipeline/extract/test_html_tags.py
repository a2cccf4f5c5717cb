"""The tables of names."""

import numpy as np

from pipeline.extract.html_tags import (
    BLOCK,
    HEADING,
    HIDDEN_BIT,
    HINT_KEYS,
    HINT_VALUES,
    HINTS,
    KINDS,
    NOTICE_KEYS,
    NOTICE_VALUES,
    NOTICES,
    RAW,
    TAG_KEYS,
    TAG_VALUES,
    TAGS,
    look_up,
    pack,
)


def test_every_tag_is_found_and_no_other() -> None:
    for name, number in TAGS.items():
        assert look_up(TAG_KEYS, TAG_VALUES, np.uint64(pack(name))) == number
    for name in ("", "d", "divx", "scripts"):
        assert look_up(TAG_KEYS, TAG_VALUES, np.uint64(pack(name))) == 0


def test_every_hint_sets_its_bit() -> None:
    for bit, words in enumerate(HINTS):
        for word in words.split():
            assert look_up(HINT_KEYS, HINT_VALUES, np.uint64(pack(word))) >> bit & 1, word
    assert HIDDEN_BIT < 63


def test_every_notice_sets_its_bits() -> None:
    for bit, words in enumerate(NOTICES):
        for word in words.split():
            assert look_up(NOTICE_KEYS, NOTICE_VALUES, np.uint64(pack(word))) >> bit & 1, word
    read = look_up(NOTICE_KEYS, NOTICE_VALUES, np.uint64(pack("video")))
    assert read == 1 << 2


def test_kinds() -> None:
    assert KINDS[TAGS["h2"]] & HEADING and KINDS[TAGS["h2"]] & BLOCK
    assert KINDS[TAGS["script"]] & RAW and not KINDS[TAGS["b"]] & BLOCK and KINDS[0] == 0
