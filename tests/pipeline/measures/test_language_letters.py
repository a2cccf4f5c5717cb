from pipeline.measures.language_letters import build_compositions, build_symbols, letter_kind, lower
from pipeline.measures.language_profiles import SPACE_SYMBOL, UNKNOWN_SYMBOL, LetterKind


def test_what_is_no_letter_is_no_evidence():
    assert {letter_kind(character) for character in "1.! ª\u0301"} == {LetterKind.NONE}
    assert [lower(character) for character in "Ä1\u0301 -"] == ["ä", " ", "\u0301", " ", " "]


def test_frequent_letters_come_first_and_rare_ones_are_unknown():
    symbols, of_code = build_symbols(["ab ab a", "q A"])
    assert symbols == {"a": UNKNOWN_SYMBOL + 1, "b": UNKNOWN_SYMBOL + 2, " ": SPACE_SYMBOL}
    assert of_code[ord("A")] == of_code[ord("a")] == symbols["a"] | LetterKind.LATIN << 16
    assert of_code[ord("q")] == UNKNOWN_SYMBOL | LetterKind.LATIN << 16
    assert of_code[ord("1")] == SPACE_SYMBOL


def test_a_letter_and_its_mark_become_one():
    keys, composed = build_compositions()
    assert (keys[:-1] < keys[1:]).all()
    at = keys.tolist().index(ord("e") << 16 | 0x0301)
    assert chr(composed[at]) == "é"
