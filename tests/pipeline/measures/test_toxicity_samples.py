"""What may be learned from, and what it weighs."""

import os

import pytest

from pipeline.measures import toxicity_samples as samples_module


def test_sets_without_a_free_licence_are_not_trained_on():
    assert not {"OLID", "tweeteval-hate", "HateBR", "ToxiCN"} & set(samples_module.TRAINING_SOURCES)


def test_toxic_and_clean_texts_of_a_set_weigh_the_same():
    table = {
        "text": ["a", "b", "c", "d"],
        "label": [1, 0, 0, 0],
        "lang": ["en"] * 4,
        "source": ["set"] * 4,
    }
    samples = samples_module.labelled_samples(table)
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
    assert samples_module.clean_sentences(table) == {"en": ["hello"]}


def test_neutral_terms_of_the_word_list_are_left_out(tmp_path):
    path = tmp_path / "list.tsv"
    path.write_text("lang\tterm\nen\tgay\nen\tarsehole\nno\tdritt\n", encoding="utf-8")
    assert samples_module.lexicon_terms(path) == {"en": ["arsehole"], "nb": ["dritt"]}


def test_a_text_is_always_in_the_same_fifth():
    assert samples_module.fifth("text") == samples_module.fifth("text")
    assert {samples_module.fifth(str(number)) for number in range(50)} == {0, 1, 2, 3, 4}


def test_passages_hold_the_whole_text():
    text = "word " * 200
    assert "".join(samples_module.cut(text)) == " ".join(text.split())


@pytest.mark.shared
def test_passages_are_the_same_in_each_run_and_on_each_machine(shared_data):
    passages = samples_module.clean_passages(shared_data)
    assert len(passages) > 5_000
    told = [text for text in passages if " at 0x" in text or os.__file__.rsplit("/", 1)[0] in text]
    assert told == []


def test_phrases_weigh_by_their_kind_and_are_carried_by_clean_sentences():
    phrases = {
        "insults": {"en": ["moron"]},
        "attacks": {"": ["you {}", "what a {}"]},
        "threats": {},
        "people": {"en": ["nurses"]},
        "neutral": {"en": ["{} work here"]},
        "groups": {},
        "respect": {},
        "harmless": {},
    }
    sentences = {"en": ["A calm day by the sea."]}
    found = samples_module.phrase_samples(phrases, {}, sentences)
    alone = {s.text: s for s in found if s.group == "phrases/en"}
    assert {text: s.label for text, s in alone.items()} == {
        "you moron": 1,
        "what a moron": 1,
        "nurses work here": 0,
    }
    assert alone["you moron"].weight == 0.4 * samples_module.PHRASE_WEIGHTS[1]
    assert alone["nurses work here"].weight == 3.0 * samples_module.PHRASE_WEIGHTS[0]
    carried = [s for s in found if s.group == "carried/en"]
    assert len(carried) == 9
    assert all("A calm day by the sea." in s.text for s in carried)
    total = sum(s.weight for s in carried)
    toxic, harmless = samples_module.CARRIED_WEIGHTS[1], samples_module.CARRIED_WEIGHTS[0]
    assert total == pytest.approx(2 * 0.4 * toxic + 3.0 * harmless)
