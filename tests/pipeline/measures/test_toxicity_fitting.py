"""The fit finds what tells toxic texts, always the same, and is stored as it is."""

import numpy as np

from pipeline.measures.toxicity import read_weights, score_with
from pipeline.measures.toxicity_fitting import (
    CALIBRATION_SCALE,
    CALIBRATION_SHIFT,
    MIN_TEXTS,
    feature_table,
    fit,
    pack_weights,
)
from pipeline.measures.toxicity_samples import Sample

NOUNS = ("house", "river", "garden", "letter", "window", "winter")
CLEAN = [f"the {one} and the {other} are old" for one in NOUNS for other in NOUNS]
SAMPLES = [
    *(Sample(text, 0, 1.0, "clean") for text in CLEAN),
    *(Sample(f"{text} you gribble", 1, 1.0, "toxic") for text in CLEAN),
]


def test_the_fit_finds_the_word_that_tells():
    model = read_weights(pack_weights(*fit(SAMPLES), {}))
    unseen = ["a mountain in spring", "a mountain in spring, gribble", "gribbles are a mountain"]
    plain, insult, plural = score_with(model, unseen).tolist()
    assert insult > 0.5 > plain
    assert plural > plain


def test_the_same_samples_give_the_same_weights():
    first, second = fit(SAMPLES), fit(SAMPLES)
    np.testing.assert_array_equal(first[0], second[0])
    assert first[1] == second[1]


def test_rare_features_are_left_out_and_the_rest_weighs_as_in_scoring():
    texts = ["common"] * MIN_TEXTS + ["unusual"] * (MIN_TEXTS - 1)
    table = feature_table(texts)
    sizes = np.diff(table.offsets)
    assert sizes.tolist() == [sizes[0]] * MIN_TEXTS + [0] * (MIN_TEXTS - 1)
    # Three lengths of n-grams of eight characters with the edges, and the word.
    assert sizes[0] == 6 + 5 + 4 + 1
    np.testing.assert_allclose(np.abs(table.values), 1 / np.sqrt(sizes[0] + 16.0), rtol=1e-6)


def test_packed_weights_are_the_weights_up_to_a_step():
    weights = np.random.default_rng(1).normal(size=4096)
    model = read_weights(pack_weights(weights, 3.5, {"zh": 0.9, "en": 0.8}))
    restored = model.buckets * model.step * CALIBRATION_SCALE
    step = model.step * CALIBRATION_SCALE
    assert np.quantile(np.abs(restored - weights), 0.99) <= step
    assert abs(model.bias * CALIBRATION_SCALE + CALIBRATION_SHIFT - 3.5) < 1e-9
    assert model.thresholds == {"en": 0.8, "zh": 0.9}
