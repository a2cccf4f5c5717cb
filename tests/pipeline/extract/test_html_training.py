"""Labels of blocks, and a small model that learns them."""

import numpy as np

from pipeline.extract.html import choose_text, read_blocks
from pipeline.extract.html_gold import GoldPage
from pipeline.extract.html_model import Model
from pipeline.extract.html_training import (
    _lay_end_to_end,
    choose_threshold,
    fit,
    make_sample,
    match_pieces,
    save,
)

BODY = "The wheel of mill number {} turned slowly, and the water of the brook ran under it."
PAGE = "<ul><li><a href=/>Menu entry {0}</a></ul><p>{1}<p>{1}<div class=footer>All rights</div>"


def page(number: int, text: str | None) -> GoldPage:
    html = PAGE.format(number, BODY.format(number)).encode()
    return GoldPage("scrapinghub", str(number), f"{number}.org", html, text, ("wheel",), ("Menu",))


def test_pieces_are_matched_by_runs_of_words() -> None:
    gold = "Heading here. One two three four five six seven. 水磨停了九年又转了"
    pieces = [
        "One two three four five six seven",
        "Heading here",
        "a b c d e f g",
        "九年又转了起来",
    ]
    shares = match_pieces(pieces, gold)
    assert shares[0] == 1 and shares[1] == 1 and shares[2] == 0 and shares[3] == 0.5


def test_a_short_piece_far_from_the_text_is_none_of_it() -> None:
    gold = "Share one two three four five six seven"
    pieces = ["one two three four five six seven", *["x"] * 9, "Share"]
    assert match_pieces(pieces, gold)[-1] == 0


def test_segments_stand_above_the_teachers() -> None:
    sample = make_sample(page(1, None), ["Menu entry 1", "Menu entry 1"])
    assert sample.labels.tolist() == [0, 1, 1, 0]
    assert sample.weights[0] > 0


def test_it_learns_what_it_is_shown(tmp_path) -> None:
    samples = [make_sample(page(i, (BODY.format(i) + " ") * 2)) for i in range(60)]
    model: Model = fit(samples)
    unseen = read_blocks(page(99, None).html)
    assert choose_text(unseen, model) == "\n\n".join([BODY.format(99)] * 2)
    save(model, tmp_path / "model.npz")
    with np.load(tmp_path / "model.npz") as arrays:
        assert arrays["second_roots"].tolist() == model.second.roots.tolist()


def test_segments_are_found_in_their_blocks() -> None:
    sample = make_sample(page(1, None), ["x"])
    assert sample.segments == ((True, (1, 2)), (False, (0,)))


def test_the_threshold_is_where_texts_and_segments_come_out_best() -> None:
    samples = [make_sample(page(1, BODY.format(1) * 2)), make_sample(page(2, None))]
    high = [np.array([0.55, 0.8, 0.8, 0.55], np.float32)] * 2
    low = [np.array([0.1, 0.42, 0.42, 0.1], np.float32)] * 2
    assert choose_threshold(samples, high) > 0.59
    assert choose_threshold(samples, low) < 0.42


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
