"""One encoding of a text, whatever settings and special tokens a tokenizer.json carries."""

import pytest
import tokenizers
from tokenizers import models, pre_tokenizers

from schemas.text_encoder import text_encoder

END, UNKNOWN = "</s>", "<unk>"
WORDS = {UNKNOWN: 0, END: 1, "<pad>": 2, "mill": 3, "a": 4}


def word_level():
    return models.WordLevel(WORDS, UNKNOWN)


def word_piece():
    return models.WordPiece(WORDS, unk_token=UNKNOWN)


def unigram():
    pieces = sorted(WORDS, key=WORDS.get)
    return models.Unigram([(piece, 0.0 if piece[0] == "<" else -1.0) for piece in pieces], 0)


def whole_words_first():
    """BPE as in Llama 3, which looks up whole pieces before it merges."""
    vocabulary = WORDS | {letter: 5 + place for place, letter in enumerate("mil</s>pdunk")}
    merges = [("m", "i"), ("mi", "l"), ("mil", "l")]
    made = {"mi": 17, "mil": 18}
    return models.BPE(vocabulary | made, merges, unk_token=UNKNOWN, ignore_merges=True)


MODELS = [word_level, word_piece, unigram, whole_words_first]


def write(model, special=(END, "<pad>")):
    made = tokenizers.Tokenizer(model)
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made.add_special_tokens(list(special))
    return made


def ids(encoder, text):
    return encoder.encode(text, add_special_tokens=False).ids


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("special", [(END, "<pad>"), ("<pad>",), ()])
def test_no_text_becomes_a_special_token(model, special):
    library = write(model(), special)
    assert 1 in ids(library, "mill </s> mill")
    encoder = text_encoder(library.to_str(), END)
    found = ids(encoder, "mill </s> a <pad> mill")
    assert 1 not in found
    assert (2 in found) == ("<pad>" not in special)
    assert [found[0], found[-1]] == [3, 3]
    assert ids(encoder, "mill a") == [3, 4]


@pytest.mark.parametrize("model", MODELS)
def test_other_texts_and_added_words_have_the_ids_of_the_library(model):
    library = write(model())
    library.add_tokens(["ZQZ"])
    encoder = text_encoder(library.to_str(), END)
    for text in ("mill a mill", "a ZQZ mill", "millZQZ", "what is not there", "", "中 mill"):
        assert ids(encoder, text) == ids(library, text)


def test_texts_are_neither_cut_nor_filled_up():
    library = write(word_level())
    library.enable_truncation(2)
    library.enable_padding(length=6, pad_id=2, pad_token="<pad>")
    assert ids(text_encoder(library.to_str(), END), "a a a a") == [4, 4, 4, 4]


def test_no_merge_is_left_out_at_random():
    vocabulary = {letter: place for place, letter in enumerate("mil")} | {"mi": 3, "mil": 4}
    model = models.BPE(vocabulary, [("m", "i"), ("mi", "l")], dropout=0.5)
    encoder = text_encoder(write(model).to_str(), END)
    assert {tuple(ids(encoder, "mil mil")) for _ in range(30)} == {(4, 4)}
