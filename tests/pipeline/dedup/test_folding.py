"""What dedup holds to be the same text, and what it does not."""

import unicodedata
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.dedup.folding import compose, fold_texts, text_keys
from pipeline.text.utf8 import Utf8Batch
from tests.oracles.jaccard_oracle import fold

ASSIGNED = st.characters(exclude_categories=("Cs", "Cn", "Co"))
# Marks, jamo, ignorable characters and case in close company: what a general text rarely has.
AWKWARD = st.sampled_from(
    "aÅÄ\u0301\u0308\u0323\u00ad\u200b\u200d \n\u3000ｶﾞがか\u3099각ㄱ\u1100\u1161\u11a8"
    "ที่ท\u0e48\u0e38İıßſΣςǅＡ１’‘“‑…\u0958\u0915\u093c丽\U0002f800\U0001d400"
)
TEXTS = st.lists(st.text(ASSIGNED | AWKWARD, max_size=30), max_size=6)


def strings(batch: Utf8Batch) -> list[str]:
    bounds = batch.offsets.tolist()
    return [bytes(batch.bytes[first:last]).decode() for first, last in pairwise(bounds)]


@given(TEXTS)
def test_texts_are_composed_as_unicode_says(texts):
    assert strings(compose(texts)) == [unicodedata.normalize("NFC", text) for text in texts]


@given(TEXTS)
@example(["\U000e0001a\U000e007f\U000e0100"])
@example(["İstanbul", "a\u00ad\u0301", "  ", "", " x", "x "])
def test_folding_equals_plain_python(texts):
    assert strings(fold_texts(texts)) == [fold(text) for text in texts]


def test_every_character_alone_is_folded_as_in_plain_python():
    characters = [chr(code) for code in range(0x20100) if not 0xD800 <= code < 0xE000]
    folded = strings(fold_texts(characters))
    differing = [c for c, ours in zip(characters, folded, strict=True) if ours != fold(c)]
    assert differing == []


@given(TEXTS)
def test_keys_are_equal_exactly_where_folded_texts_are(texts):
    keys = text_keys(fold_texts(texts))
    folded = [fold(text) for text in texts]
    for i in range(len(texts)):
        for j in range(i):
            assert (keys[i] == keys[j]) == (folded[i] == folded[j])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("が", "か\u3099"),  # composed and decomposed
        ("각", "\u1100\u1161\u11a8"),
        ("각", "가\u11a8"),
        ("ก\u0e38\u0e48", "ก\u0e48\u0e38"),  # two marks that changed places
        ("The  Quick\r\nFox", "the quick fox"),
        ("ＡＢＣ１２３，ｶﾀｶﾅ", "abc123,カタカナ"),
        ("don’t", "don't"),
        ("well‑known", "well-known"),
        ("co\u00adoperate", "cooperate"),
        ("\ufeffbegin", "begin"),
        ("ΟΔΟΣ", "οδος"),
    ],
)
def test_the_same_text_in_two_guises_has_one_key(one, other):
    first, second = text_keys(fold_texts([one, other]))
    assert first == second != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("が", "か"),  # a mark makes another letter
        ("ที่", "ที"),
        ("ที่", "ท"),
        ("हिन्दी", "हनद"),
        ("résumé", "resume"),
        ("한국어", "\u1112\u1161\u11ab"),
        ("C", "C++"),
        ("Yes!", "Yes?"),
        ("😀", "😡"),
        ("简体", "簡體"),
        ("ab", "a b"),
    ],
)
def test_different_texts_have_different_keys(one, other):
    first, second = text_keys(fold_texts([one, other]))
    assert first != second


def test_a_text_with_nothing_in_it_has_the_empty_key():
    assert text_keys(fold_texts(["", " \n\t", "\u200b\ufeff"])) == ["", "", ""]


def test_folding_takes_slices_and_read_only_buffers():
    array = pa.array(["dropped", "One\u0301", None, "Two"])[1:]
    sink = pa.BufferOutputStream()
    batch = pa.record_batch({"text": array})
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    sent = pa.ipc.open_stream(sink.getvalue()).read_next_batch()
    assert strings(fold_texts(array)) == strings(fold_texts(sent["text"])) == ["oné", "", "two"]


def test_keys_do_not_change_from_release_to_release():
    assert text_keys(fold_texts(["机器学习 is fun."])) == ["062844f1b527e2db72f6069a577e05db"]


def test_no_folding_makes_a_text_more_than_half_as_long_again():
    from pipeline.dedup.folding import _folding_table

    table = _folding_table()
    for code in [*range(0xD800), *range(0xE000, len(table))]:
        assert 2 * len(chr(int(table[code])).encode()) <= 3 * len(chr(code).encode())
    assert not np.any(table >= 0x110000)
