"""The tables of the model: every stored key is found where the kernel looks for it."""

import io
from importlib import resources

import numpy as np
import pytest

from pipeline.measures.language_features import find_row
from pipeline.measures.language_profiles import (
    COMMON,
    FILE_NAME,
    LANES,
    RARER,
    ROW_MASK,
    SYMBOL_BITS,
    build_slots,
    load,
    pack,
)


def test_every_key_is_found_and_has_its_own_row():
    keys = np.unique(np.random.default_rng(0).integers(1, 1 << 62, 50_000))
    slots = build_slots(keys)
    assert [find_row(slots, key) for key in keys[::37]] == list(range(0, len(keys), 37))
    assert sorted((slots[slots != 0] & ROW_MASK).tolist()) == list(range(1, len(keys) + 1))


def test_an_unknown_key_is_not_found():
    slots = build_slots(np.arange(1, 1000, 2))
    assert all(find_row(slots, key) == -1 for key in range(2, 1000, 2))


def test_keys_that_cannot_be_told_apart_are_refused():
    with pytest.raises(ValueError, match="one tag"):
        build_slots(np.array([5, 5]))


def test_symbols_are_packed_side_by_side():
    assert pack(7) == 7
    assert pack(1, 2, 3) == (1 << SYMBOL_BITS | 2) << SYMBOL_BITS | 3


def test_common_languages_are_those_of_langdetect_and_ahead_of_the_others():
    names = {file.name for file in resources.files("langdetect.profiles").iterdir()}
    known = {name.split("-")[0].replace("no", "nb") for name in names if "__" not in name}
    assert known == COMMON
    content = resources.files("pipeline.measures").joinpath(FILE_NAME).read_bytes()
    with np.load(io.BytesIO(content)) as file:
        codes, bias = file["codes"].tolist(), file["bias"]
    for code, learned, used in zip(codes, bias, load().bias, strict=False):
        assert used == learned - np.float32(0 if code in COMMON else RARER)


def test_the_shipped_tables_fit_together():
    profiles = load()
    assert load() is profiles
    assert {"zh", "ja", "ko", "en", "th", "nb", "kk"} <= set(profiles.codes)
    assert profiles.rows.shape[1] == LANES == len(profiles.bias)
    assert int((profiles.slots & ROW_MASK).max()) == len(profiles.rows) <= int(ROW_MASK)
    assert not profiles.rows[:, len(profiles.codes) :].any()
    assert (profiles.bias[len(profiles.codes) :] < -1e6).all()
    # What goes by script has no lane in the vote.
    assert all(profiles.bias[profiles.codes.index(code)] < -1e6 for code in ("zh", "ja", "ko"))
