"""Labels and weights of blocks."""

from pipeline.extract.html_samples import make_sample, match_pieces
from tests.pipeline.extract.gold_pages import gold_page


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
    sample = make_sample(gold_page(1, None), ["Menu entry 1", "Menu entry 1"])
    assert sample.labels.tolist() == [0, 1, 1, 0]
    assert sample.weights[0] > 0


def test_segments_are_found_in_their_blocks() -> None:
    sample = make_sample(gold_page(1, None), ["x"])
    assert sample.segments == ((True, (1, 2)), (False, (0,)))
