"""Small models that learn what they are shown."""

import numpy as np

from pipeline.extract.html import choose_text, read_blocks
from pipeline.extract.html_fitting import _lay_end_to_end, fit
from pipeline.extract.html_samples import make_sample
from tests.pipeline.extract.gold_pages import BODY, gold_page


def test_it_learns_what_it_is_shown() -> None:
    samples = [make_sample(gold_page(i, (BODY.format(i) + " ") * 2)) for i in range(60)]
    model = fit(samples)
    unseen = read_blocks(gold_page(99, None).html)
    assert choose_text(unseen, model) == "\n\n".join([BODY.format(99)] * 2)


def test_trees_are_laid_out_as_they_judge() -> None:
    """A threshold between two neighbouring float32 values still parts them."""
    low, high = np.float32(0.1), np.nextafter(np.float32(0.1), np.float32(1))
    tree = {
        "split_feature": 0,
        "threshold": (float(low) + float(high)) / 2 + 1e-12,
        "left_child": {"leaf_value": -1.0},
        "right_child": {"leaf_value": 2.0},
    }
    trees = _lay_end_to_end([tree, {"leaf_value": 0.5}])
    assert trees.roots.tolist() == [0, 3]
    logits = np.array([-1 + 0.5, 2 + 0.5])
    rows = np.array([[low], [high]], np.float32)
    assert np.allclose(trees.predict(rows), 1 / (1 + np.exp(-logits)))
