"""What is learned from labelled texts, and that the committed script learns it."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.measures import language
from pipeline.measures.language_profiles import WORD_FLAG, LetterKind, from_arrays, pack
from pipeline.measures.language_training import (
    chunks,
    fold,
    imitate,
    learn,
    letter_kind,
    lower,
    read_samples,
    read_shares,
)

ENGLISH = ["the house by the river", "we went there with the others", "that is what they think"]
DUTCH = ["het huis bij de rivier", "wij gingen daar met de anderen", "dat is wat zij denken"]


@pytest.fixture(scope="module")
def learned():
    samples = [(text, "en", 1.0) for text in ENGLISH * 4] + [(t, "nl", 1.0) for t in DUTCH * 4]
    return from_arrays(learn(samples))


def test_two_languages_are_learned_from_a_few_sentences(learned, monkeypatch):
    monkeypatch.setattr(language, "load", lambda: learned)
    monkeypatch.setattr(language, "MIN_KNOWN", 0.0)
    found = language.detect(["the other house", "het andere huis", "这座房子"])
    assert [one.code for one in found] == ["en", "nl", "zh"]


def test_learning_is_repeatable():
    samples = [(text, "en", 1.0) for text in ENGLISH] + [(text, "nl", 1.0) for text in DUTCH]
    first, second = learn(samples), learn(samples)
    for name in first:
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)


def test_weights_of_suffixes_are_added_and_words_left_alone():
    keys = np.sort(np.array([pack(5), pack(4, 5), pack(3, 4, 5), pack(9, 4, 6), WORD_FLAG | 77]))
    weights = np.arange(5, dtype=np.float32).reshape(5, 1) + 1
    by_key = dict(zip(keys.tolist(), weights[:, 0].tolist(), strict=True))
    folded = dict(zip(keys.tolist(), fold(keys, weights)[:, 0].tolist(), strict=True))
    assert folded[pack(4, 5)] == by_key[pack(4, 5)] + by_key[pack(5)]
    assert folded[pack(3, 4, 5)] == by_key[pack(3, 4, 5)] + folded[pack(4, 5)]
    assert folded[pack(9, 4, 6)] == by_key[pack(9, 4, 6)]
    assert folded[WORD_FLAG | 77] == by_key[WORD_FLAG | 77]


def test_texts_under_other_licences_are_left_out(tmp_path):
    rows = [
        ("ambiguous", "en", "lingua-testdata/sentences", "sentence", True),
        ("not permitted", "it", "UD_Italian-ISDT", "sentence", False),
        ("by script", "yue", "UD_Cantonese-HK", "sentence", False),
        ("permitted", "de", "UD_German-GSD", "sentence", False),
        ("word", "de", "lingua-testdata/single-words", "word", False),
        ("a b " * 100, "az-Latn", "udhr/x", "document", False),
    ]
    names = ("text", "lang", "source", "kind", "ambiguous")
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    pq.write_table(pa.table(columns), tmp_path / "langid.parquet")
    samples = read_samples(str(tmp_path / "langid.parquet"))
    labelled = [sample for sample in samples if sample[1] in ("az", "de", "en", "it", "yue")]
    real = [sample for sample in labelled if sample[2] != 0.5]
    assert [(text, code, weight) for text, code, weight in real[:2]] == [
        ("permitted", "de", 1.0),
        ("word", "de", 0.3),
    ]
    pieces = [text for text, code, _ in real[2:] if code == "az"]
    assert "".join(pieces) == "a b " * 100
    assert len(pieces) > 1


def test_chunks_lose_nothing():
    text = "word " * 333 + "x" * 700
    assert "".join(chunks(text)) == text


def test_an_imitation_follows_the_trigrams():
    shares = {" a": 1.0, " ab": 1.0, "abc": 1.0, "bc ": 1.0}
    (text,) = imitate(shares, 1, np.random.default_rng(0))
    assert set(text.split()) <= {"abc", "ab", "a"}
    assert "abc" in text


def test_profiles_of_one_language_are_one():
    shares = read_shares()
    assert "nb" in shares
    assert not {"no", "zh", "ja", "ko"} & set(shares)
    assert len(shares) == 51


def test_what_is_no_letter_is_no_evidence():
    assert {letter_kind(character) for character in "1.! ª\u0301"} == {LetterKind.NONE}
    assert [lower(character) for character in "Ä1\u0301 -"] == ["ä", " ", "\u0301", " ", " "]
