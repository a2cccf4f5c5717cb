"""What may be learned from, and how it is stored."""

import io

import numpy as np

from pipeline.measures import toxicity_training as training


def test_sets_without_a_free_licence_are_not_trained_on():
    assert not {"OLID", "tweeteval-hate", "HateBR", "ToxiCN"} & set(training.TRAINING_SOURCES)


def test_toxic_and_clean_texts_of_a_set_weigh_the_same():
    table = {
        "text": ["a", "b", "c", "d"],
        "label": [1, 0, 0, 0],
        "lang": ["en"] * 4,
        "source": ["set"] * 4,
    }
    samples = training.labelled_samples(table)
    weight = {
        label: sum(sample.weight for sample in samples if sample.label == label) for label in (0, 1)
    }
    assert weight[0] == weight[1]


def test_closed_treebanks_give_no_sentences():
    table = {
        "text": ["नमस्ते", "hello"],
        "lang": ["hi", "en"],
        "source": ["UD_Hindi-HDTB@1", "UD_English-EWT@1"],
        "kind": ["sentence"] * 2,
    }
    assert training.clean_sentences(table) == {"en": ["hello"]}


def test_neutral_terms_of_the_word_list_are_left_out(tmp_path):
    path = tmp_path / "list.tsv"
    path.write_text("lang\tterm\nen\tgay\nen\tarsehole\nno\tdritt\n", encoding="utf-8")
    assert training.lexicon_terms(path) == {"en": ["arsehole"], "nb": ["dritt"]}


def test_packed_weights_are_the_weights_up_to_a_step():
    weights = np.random.default_rng(1).normal(size=4096)
    content = training.pack_weights(weights, 3.5)
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        restored = file["buckets"] * float(file["step"]) * training.CALIBRATION_SCALE
        bias = float(file["bias"]) * training.CALIBRATION_SCALE + training.CALIBRATION_SHIFT
        step = float(file["step"]) * training.CALIBRATION_SCALE
    assert np.quantile(np.abs(restored - weights), 0.99) <= step
    assert abs(bias - 3.5) < 1e-9


def test_a_text_is_always_in_the_same_fifth():
    assert training.fifth("text") == training.fifth("text")
    assert {training.fifth(str(number)) for number in range(50)} == {0, 1, 2, 3, 4}


def test_passages_hold_the_whole_text():
    text = "word " * 200
    assert "".join(training.cut(text)) == " ".join(text.split())
