import numpy as np
import pytest

from pipeline.measures import language
from pipeline.measures.language_fitting import fold, learn
from pipeline.measures.language_profiles import WORD_FLAG, from_arrays, pack

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
