"""Labels of blocks, and a small model that learns them."""

import numpy as np

from pipeline.extract.html import choose_text, read_blocks
from pipeline.extract.html_gold import GoldPage
from pipeline.extract.html_model import Model
from pipeline.extract.html_training import fit, make_sample, match_pieces, save

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
