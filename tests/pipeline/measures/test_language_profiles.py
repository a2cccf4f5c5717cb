"""The table of n-grams: every stored n-gram is found where the kernel looks for it."""

import numpy as np

from pipeline.measures.language_profiles import (
    ROW_BITS,
    SLOT_BITS,
    SYMBOL_BITS,
    load,
    pack,
    slot_of,
)


def find(slots, key):
    """The kernel's search: from the first slot on, to the key or an empty slot."""
    at = int(slot_of(np.array([key]))[0])
    while slots[at] >= 0:
        if slots[at] >> ROW_BITS == key:
            return int(slots[at] & ((1 << ROW_BITS) - 1))
        at = (at + 1) & ((1 << SLOT_BITS) - 1)
    return None


def test_every_ngram_is_found_and_has_its_own_row():
    profiles = load()
    entries = profiles.slots[profiles.slots >= 0]
    keys, rows = entries >> ROW_BITS, entries & ((1 << ROW_BITS) - 1)
    assert len(set(rows.tolist())) == len(profiles.rows)
    for key, row in list(zip(keys.tolist(), rows.tolist(), strict=True))[::97]:
        assert find(profiles.slots, key) == row


def test_an_unknown_ngram_is_not_found():
    known = set((load().slots[load().slots >= 0] >> ROW_BITS).tolist())
    unknown = next(k for k in range(pack(1, 1, 1), pack(1, 2, 1)) if k not in known)
    assert find(load().slots, unknown) is None


def test_a_longer_ngram_holds_at_least_the_gain_of_its_suffix():
    profiles = load()
    entries = profiles.slots[profiles.slots >= 0]
    row_of = dict(
        zip(
            (entries >> ROW_BITS).tolist(),
            (entries & ((1 << ROW_BITS) - 1)).tolist(),
            strict=True,
        )
    )
    triples = [key for key in row_of if key >> 2 * SYMBOL_BITS][::211]
    checked = 0
    for key in triples:
        suffix = key & ((1 << 2 * SYMBOL_BITS) - 1)
        if suffix in row_of:
            longer, shorter = profiles.rows[row_of[key]], profiles.rows[row_of[suffix]]
            assert np.all(longer >= shorter)
            checked += 1
    assert checked > 50


def test_the_table_is_loaded_once():
    assert load() is load()
    assert {"zh", "ja", "ko", "en", "th"} <= set(load().codes)
