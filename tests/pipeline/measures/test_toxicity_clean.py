"""Clean texts in pieces as long as documents."""

from pipeline.measures.toxicity_clean import joined, pieces


def test_pieces_hold_the_whole_text_and_are_as_long_as_a_page():
    for text in ("word " * 5000, "汉字" * 5000, ""):
        assert "".join(pieces(text)) == text
        assert all(len(piece.encode()) <= 3000 for piece in pieces(text))


def test_sentences_are_joined_by_fives():
    assert joined([str(k) for k in range(11)]) == ["0 1 2 3 4", "5 6 7 8 9"]
