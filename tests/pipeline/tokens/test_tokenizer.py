"""The fast encoder gives the ids of the tokenizers library, and decoding gives the text back."""

import json

import pytest
import tokenizers
from hypothesis import given
from hypothesis import strategies as st

from pipeline.tokens.tokenizer import END_OF_TEXT, Tokenizer, TokenizerParams, load, train
from schemas.errors import ConfigError

SENTENCES = [
    "The mill grinds slowly, but it grinds exceedingly fine; 1234567 grains were counted.",
    "磨坊慢慢地磨，但是磨得非常细。每天都有新的谷物送来。",
    "水車はゆっくり回る。粉はとても細かい。",
    "โรงสีบดข้าวช้าๆ แต่ละเอียดมาก",
    "Die Mühle mahlt langsam, aber sie mahlt trefflich klein.",
    "def mill(grain: list[str]) -> str:\n    return ' '.join(grain)\n\n\n",
]


@pytest.fixture(scope="module")
def tokenizer():
    return train(iter(SENTENCES * 20), TokenizerParams(vocabulary_size=700))


@pytest.fixture(scope="module")
def word_tokenizer():
    """With a pattern of another kind than ours."""
    params = TokenizerParams(vocabulary_size=400, pattern=r"\s+|\S+")
    made = train(iter(SENTENCES * 20), params)
    assert made._fast is None
    return made


def reference_ids(tokenizer, text):
    """The tokenizers library itself, told not to recognise special tokens in the text."""
    library = tokenizers.Tokenizer.from_str(tokenizer.definition)
    library.encode_special_tokens = True
    return library.encode(text, add_special_tokens=False).ids


def check(tokenizer, text):
    ids, offsets = tokenizer.encode_batch([text])
    assert offsets.tolist() == [0, len(ids)]
    assert ids.tolist() == reference_ids(tokenizer, text)
    assert tokenizer.decode(ids) == text


SCRIPTS = st.characters(exclude_categories=["Cs"])
PIECES = st.sampled_from(
    [*SENTENCES, " ", "\n\n", "\t", "😀", "👩‍👩‍👧", "'ll", "x" * 200, "中" * 200]
)


@given(st.text(SCRIPTS, max_size=200))
def test_any_text_gets_the_ids_of_the_library(tokenizer, text):
    check(tokenizer, text)


@given(st.lists(PIECES, max_size=8).map("".join))
def test_mixed_scripts_get_the_ids_of_the_library(tokenizer, text):
    check(tokenizer, text)


def brought(tokenizer, *tokens, **changes):
    """The tokenizer as another program might have written it."""
    tree = json.loads(tokenizer.definition) | changes
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    for content, is_special in tokens:
        tree["added_tokens"] = [one for one in tree["added_tokens"] if one["content"] != content]
        id_ = tree["model"]["vocab"].get(content, len(tree["model"]["vocab"]))
        tree["added_tokens"].append({"id": id_, "content": content, "special": is_special, **plain})
    return Tokenizer(json.dumps(tree))


@pytest.mark.parametrize("is_special", [True, False])
@pytest.mark.parametrize("changes", [{}, {"normalizer": {"type": "NFC"}}])
def test_no_document_ends_itself_whoever_made_the_tokenizer(tokenizer, is_special, changes):
    other = brought(tokenizer, (END_OF_TEXT, is_special), **changes)
    ids, _ = other.encode_batch([f"mill{END_OF_TEXT}mill"])
    assert other.end_of_text_id not in ids
    assert other.decode(ids) == f"mill{END_OF_TEXT}mill"


def test_ordinary_tokens_that_were_added_are_found_in_texts(tokenizer):
    other = brought(tokenizer, ("ZQZ", False))
    assert other._fast is not None
    check(other, "millZQZmill")
    assert len(other.encode_batch(["ZQZ"])[0]) == 1


def test_our_own_encoder_is_in_use(tokenizer):
    assert tokenizer._fast is not None


@pytest.mark.shared
def test_real_texts_get_the_ids_of_the_library(shared_data):
    paths = [path for path in sorted(shared_data.rglob("*")) if path.suffix in (".txt", ".jsonl")]
    texts = [path.read_bytes()[:90_000].decode("utf-8", "replace") for path in paths]
    assert len(texts) > 20
    tokenizer = train(iter(texts[::5]), TokenizerParams(vocabulary_size=4000))
    for text in texts:
        check(tokenizer, text)


def test_a_document_cannot_end_itself(tokenizer):
    ids, _ = tokenizer.encode_batch([f"before{END_OF_TEXT}after"])
    assert tokenizer.end_of_text_id not in ids.tolist()
    assert tokenizer.decode(ids) == f"before{END_OF_TEXT}after"


def test_a_batch_is_its_texts_end_to_end(tokenizer):
    ids, offsets = tokenizer.encode_batch([SENTENCES[0], "", SENTENCES[1]])
    assert offsets[1] == offsets[2]
    assert tokenizer.decode(ids[offsets[2] : offsets[3]]) == SENTENCES[1]
    empty_ids, empty_offsets = tokenizer.encode_batch([])
    assert len(empty_ids) == 0
    assert empty_offsets.tolist() == [0]


@given(texts=st.lists(st.one_of(PIECES, st.text(SCRIPTS, max_size=20)), max_size=6))
def test_documents_are_texts_and_the_end_of_each(tokenizer, word_tokenizer, texts):
    for one in (tokenizer, word_tokenizer):  # of our own encoder, of the library
        ids, offsets = one.encode_documents(texts)
        assert len(offsets) == len(texts) + 1
        for text, first, end in zip(texts, offsets, offsets[1:], strict=False):
            assert ids[first:end].tolist() == [*reference_ids(one, text), one.end_of_text_id]


def test_training_twice_gives_the_same_file(tokenizer):
    again = train(iter(SENTENCES * 20), TokenizerParams(vocabulary_size=700))
    assert again.definition == tokenizer.definition


def test_another_kind_of_tokenizer_is_run_by_the_library(tmp_path):
    library = tokenizers.Tokenizer(tokenizers.models.WordLevel({"a": 0, "?": 1, "end": 2}, "?"))
    library.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    library.save(str(tmp_path / "tokenizer.json"))
    loaded = load(tmp_path / "tokenizer.json", TokenizerParams(end_of_text="end"))
    assert loaded._fast is None
    assert loaded.encode_batch(["a b a"])[0].tolist() == [0, 1, 0]


def test_merges_out_of_order_are_left_to_the_library(tokenizer, tmp_path):
    tree = json.loads(tokenizer.definition)
    tree["model"]["merges"] = tree["model"]["merges"][::-1]
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(tree), encoding="utf-8")
    loaded = load(path)
    assert loaded._fast is None
    text = SENTENCES[0]
    assert loaded.encode_batch([text])[0].tolist() == reference_ids(loaded, text)


def test_a_pattern_that_matches_part_of_a_text_loses_none_of_it():
    pattern = TokenizerParams(vocabulary_size=300, pattern=r"\p{L}+|\p{N}+")
    small = train(iter(SENTENCES), pattern)
    for text in ("low, lower 12!", "ab\nab\n a", "中，文 (x)"):
        check(small, text)


def test_a_vocabulary_with_gaps_is_as_large_as_its_highest_id(tokenizer):
    tree = json.loads(tokenizer.definition)
    last = max(tree["model"]["vocab"], key=tree["model"]["vocab"].get)
    tree["model"]["vocab"][last] = 70_000
    gapped = Tokenizer(json.dumps(tree))
    assert gapped.vocabulary_size == 70_001
    assert gapped.facts().vocabulary_size == 70_001


def test_texts_are_neither_cut_nor_filled_up():
    library = tokenizers.Tokenizer(tokenizers.models.WordLevel({"a": 0, "?": 1, "end": 2}, "?"))
    library.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    library.enable_truncation(2)
    library.enable_padding(pad_id=1, pad_token="?")
    ids, offsets = Tokenizer(library.to_str(), "end").encode_batch(["a a a a", "a"])
    assert (ids.tolist(), offsets.tolist()) == ([0] * 5, [0, 4, 5])


def test_no_document_ends_itself_where_words_are_looked_up_whole():
    library = tokenizers.Tokenizer(tokenizers.models.WordLevel({"a": 0, "?": 1, "end": 2}, "?"))
    library.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    ids, offsets = Tokenizer(library.to_str(), "end").encode_documents(["a end a", "end"])
    assert (ids.tolist(), offsets.tolist()) == ([0, 1, 0, 2, 1, 2], [0, 4, 6])
    assert Tokenizer(library.to_str(), "end").decode([0, 2]) == "a end"
    with pytest.raises(ConfigError, match="texts hold"):
        Tokenizer(library.to_str(), "?")  # what is not in the vocabulary becomes it


def test_merges_left_out_at_random_in_training_are_not_in_texts(tokenizer):
    tree = json.loads(tokenizer.definition)
    tree["model"]["dropout"] = 0.5
    other = Tokenizer(json.dumps(tree))
    for text in SENTENCES:
        assert other.encode_batch([text])[0].tolist() == reference_ids(tokenizer, text)


def test_an_end_of_text_that_texts_hold_is_refused(tokenizer):
    merged = json.loads(tokenizer.definition)["model"]["merges"][0]
    token = "".join(merged.split(" ") if isinstance(merged, str) else merged)
    for end in (token, "a"):
        with pytest.raises(ConfigError, match="texts hold"):
            Tokenizer(tokenizer.definition, end)


@pytest.mark.parametrize("content", ["", "{}", "not json"])
def test_what_is_no_tokenizer_is_refused_by_name(tmp_path, content):
    path = tmp_path / "tokenizer.json"
    path.write_text(content)
    with pytest.raises(ConfigError, match=r"tokenizer\.json: not a tokenizer"):
        load(path)


def test_a_tokenizer_without_end_of_text_is_refused(tokenizer, tmp_path):
    path = tmp_path / "tokenizer.json"
    path.write_text(tokenizer.definition, encoding="utf-8")
    with pytest.raises(ConfigError, match="no token '</s>'"):
        load(path, TokenizerParams(end_of_text="</s>"))
    with pytest.raises(ConfigError, match="cannot read"):
        load(tmp_path / "absent.json")


def test_digits_special_tokens_and_pattern_are_configured():
    params = TokenizerParams(vocabulary_size=400, max_digits=1, special_tokens=("<|user|>",))
    made = train(iter(["7777 7777 7777 mill mill <|user|>"] * 50), params)
    ids, _ = made.encode_batch(["7777<|user|>"])
    assert ids.tolist() == reference_ids(made, "7777<|user|>")
    assert made.decode(ids[:4].tolist()) == "7777"
    special = tokenizers.Tokenizer.from_str(made.definition).token_to_id("<|user|>")
    assert special is not None
    assert special not in ids.tolist()
    assert made._fast is not None
    wide = train(iter(["7777 7777 7777"] * 50), params.model_copy(update={"max_digits": 4}))
    assert len(wide.encode_batch(["7777"])[0]) == 1
    plain = TokenizerParams(vocabulary_size=300, pattern=r"\s+|\S+")
    words = train(iter(["a-b a-b a-b"] * 50), plain)
    assert len(words.encode_batch(["a-b"])[0]) == 1
    with pytest.raises(ValueError, match="not a regular expression"):
        TokenizerParams(pattern="(")


def test_keys_without_effect_on_a_tokenizer_brought_along_are_refused():
    for key, value in (("vocabulary_size", 400), ("pattern", "x"), ("special_tokens", ("a",))):
        with pytest.raises(ValueError, match=f"{key} has no effect on the tokenizer of a.json"):
            TokenizerParams(path="a.json", **{key: value})
    brought = TokenizerParams(
        path="a.tiktoken", pattern="x", special_tokens=("a",), end_of_text="b"
    )
    assert TokenizerParams.model_validate(brought.model_dump()) == brought
    with pytest.raises(ValueError, match="max_digits has no effect"):
        TokenizerParams(path="a.tiktoken", pattern="x", max_digits=1)
