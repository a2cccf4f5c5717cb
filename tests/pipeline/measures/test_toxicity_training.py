"""How thresholds are chosen, and what the first fit sees."""

import numpy as np

from pipeline.measures import toxicity_training as training
from pipeline.measures.toxicity import USUAL_THRESHOLD, Weights
from pipeline.measures.toxicity_samples import Sample, fifth


def test_all_but_one_in_two_hundred_clean_texts_stay_below_the_threshold(monkeypatch):
    scores = np.concatenate([np.zeros(995), [0.85] * 4, [0.97]]).astype(np.float32)
    monkeypatch.setattr(training, "score_with", lambda _, texts: scores[: len(texts)])
    model = Weights(np.zeros(1, np.int8), 1.0, 0.0, {})
    found = training.choose_thresholds(model, {"en": ["x"] * 1000, "xx": ["x"] * 5})
    assert found.keys() == {"en"}  # too few texts say nothing
    assert (scores > found["en"]).mean() <= training.FALSE_POSITIVES
    calm = training.choose_thresholds(model, {"de": ["x"] * 100})
    assert calm == {"de": USUAL_THRESHOLD}
    assert training.choose_thresholds(model, {"de": ["x"] * 500}) == {
        "de": training.LOWEST_THRESHOLD
    }


def test_the_first_fit_does_not_see_a_fifth():
    samples = [Sample(str(number), 0, 1.0, "clean") for number in range(200)]
    kept = training.seen(samples)
    assert {fifth(sample.text) for sample in kept} == {1, 2, 3, 4}
    assert 130 < len(kept) < 190
