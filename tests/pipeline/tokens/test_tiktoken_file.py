"""A .tiktoken file gives tiktoken's own ids, by both encoders."""

import base64
import json

import pytest
import tiktoken
import tokenizers
from hypothesis import given
from hypothesis import strategies as st

from pipeline.tokens.cutting import PATTERN
from pipeline.tokens.tiktoken_file import as_definition, byte_letters
from pipeline.tokens.tokenizer import Tokenizer, TokenizerParams, load, train
from schemas.errors import ConfigError
from tests.pipeline.tokens.test_tokenizer import PIECES, SCRIPTS, SENTENCES

END = "<end>"


def lines(ranks):
    return b"".join(
        base64.b64encode(token) + f" {rank}\n".encode() for token, rank in ranks.items()
    )


@pytest.fixture(scope="module")
def ranks():
    """Ranks of a tokenizer that was learned, as a .tiktoken file holds them."""
    trained = train(iter(SENTENCES * 20), TokenizerParams(vocabulary_size=700))
    to_byte = {letter: byte for byte, letter in byte_letters().items()}
    vocabulary = json.loads(trained.definition)["model"]["vocab"]
    return {
        bytes(to_byte[letter] for letter in token): id_ - 1
        for token, id_ in vocabulary.items()
        if id_
    }


@pytest.fixture(scope="module")
def brought(ranks, tmp_path_factory):
    path = tmp_path_factory.mktemp("brought") / "some.tiktoken"
    path.write_bytes(lines(ranks))
    return load(path, TokenizerParams(pattern=PATTERN, end_of_text=END, special_tokens=("<x>",)))


@pytest.fixture(scope="module")
def reference(ranks):
    return tiktoken.Encoding("x", pat_str=PATTERN, mergeable_ranks=ranks, special_tokens={})


@given(st.text(SCRIPTS, max_size=200) | st.lists(PIECES, max_size=8).map("".join))
def test_any_text_gets_tiktokens_ids(brought, reference, text):
    expected = reference.encode(text, disallowed_special=())
    assert brought.encode_batch([text])[0].tolist() == expected
    library = tokenizers.Tokenizer.from_str(brought.definition)
    library.encode_special_tokens = True
    assert library.encode(text, add_special_tokens=False).ids == expected
    assert brought.decode(expected) == text


def test_special_tokens_come_behind_the_ranks(brought, ranks):
    assert brought.end_of_text_id == len(ranks)
    assert brought.vocabulary_size == len(ranks) + 2
    assert brought._fast is not None


def test_a_merge_is_of_what_lower_ranks_leave():
    tokens = [b"bc", b"ab", b"abc", b"abcbc"]
    ranks = {bytes([byte]): byte for byte in range(256)}
    ranks.update({token: 256 + place for place, token in enumerate(tokens)})
    model = json.loads(as_definition(lines(ranks), PATTERN, [END]))["model"]
    # In abc, bc merges first: its rank is the lower one.
    assert model["merges"] == [["b", "c"], ["a", "b"], ["a", "bc"], ["abc", "bc"]]
    ids = Tokenizer(as_definition(lines(ranks), PATTERN, [END]), END).encode_batch(["abcbc"])[0]
    assert ids.tolist() == [259]


BYTES = {bytes([byte]): byte for byte in range(256)}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"nonsense\n", "line 1 is not a token in base64 and its rank"),
        (b"YQ== 0\n!!!! 1\n", "line 2 is not a token"),
        (b"YQ== 0\nYg== 2\n", "its ranks are not 0, 1, 2, ... once each"),
        (b"YQ== 0\n", "it has no token for the byte 0"),
        (lines({**BYTES, b"abc": 256}), "token 256 (b'abc') is not made of two others"),
    ],
)
def test_what_is_no_such_file_is_refused_in_one_line(tmp_path, content, said):
    path = tmp_path / "bad.tiktoken"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as refusal:
        load(path, TokenizerParams(pattern=PATTERN))
    assert said in str(refusal.value) and str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_file_without_a_pattern_is_refused(tmp_path):
    path = tmp_path / "some.tiktoken"
    path.write_bytes(lines(BYTES))
    with pytest.raises(ConfigError, match=r"set tokenizer\.pattern"):
        load(path)
