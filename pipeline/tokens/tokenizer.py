"""Byte-level BPE: trained with the ``tokenizers`` library, encoded by what gives its ids faster.

What we write is always a ``tokenizer.json``; :mod:`pipeline.tokens.fast_encoders` has what encodes
those of our kind. Any other tokenizer is run by ``tokenizers`` itself.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Self

import numpy as np
import tokenizers
from numpy.typing import NDArray
from pydantic import Field, field_validator, model_validator
from tokenizers import decoders, models, pre_tokenizers, trainers

from pipeline.text.utf8 import Texts
from pipeline.tokens.cutting import pattern_of
from pipeline.tokens.fast_encoders import fast_encoder
from pipeline.tokens.tiktoken_file import SUFFIX, as_definition, byte_letters
from schemas.config import Section
from schemas.documents import Source
from schemas.errors import ConfigError
from schemas.shards import TokenizerFacts
from schemas.text_encoder import text_encoder

END_OF_TEXT = "<|endoftext|>"
_UNKNOWN = "\U0010fffd"  # for private use: a vocabulary without bytes lacks it


class TokenizerParams(Section):
    """How the tokenizer is made, or where it comes from."""

    path: str | None = None
    """An existing ``tokenizer.json`` or ``.tiktoken`` file to use; unset, one is trained on the
    corpus. What a ``.tiktoken`` file does not hold is taken from ``pattern``, ``end_of_text`` and
    ``special_tokens``, whose ids come in this order behind its own."""
    vocabulary_size: int = Field(default=16_384, ge=300, le=1_000_000)
    """Tokens in a trained vocabulary, the 256 bytes and the end-of-text token included."""
    sample_bytes: int = Field(default=64 << 20, ge=1)
    """Text that training reads, in bytes: documents of smallest keyed hash first."""
    sample_weights: dict[Source, Annotated[float, Field(ge=0.0, le=1000.0)]] = Field(
        default_factory=dict
    )
    """How much likelier documents of a source are in the sample; sources that are not named
    weigh 1. Of a corpus smaller than ``sample_bytes`` all is read, but what weighs 0."""
    pattern: str | None = None
    """Regular expression that cuts text before the merges; unset, our own."""
    max_digits: int = Field(default=3, ge=1, le=9)
    """Digits of a number that one token may hold, with our own pattern."""
    special_tokens: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    """Tokens beside the end of text that a trained vocabulary reserves; no text becomes one."""
    end_of_text: str = Field(default=END_OF_TEXT, min_length=1)
    """The token after each document."""

    @field_validator("pattern")
    @classmethod
    def _compile(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            try:
                tokenizers.Regex(pattern)
            except Exception as error:  # the library raises bare exceptions
                raise ValueError(f"not a regular expression: {error}") from None
        return pattern

    @model_validator(mode="after")
    def _has_effect(self) -> Self:
        if self.path is not None:
            used = {"path", "end_of_text"}
            if self.path.endswith(SUFFIX):
                used |= {"pattern", "special_tokens"}
            for name, field in type(self).model_fields.items():
                if name not in used and getattr(self, name) != field.get_default(
                    call_default_factory=True
                ):
                    raise ValueError(f"{name} has no effect on the tokenizer of {self.path}")
        return self

    def cutting(self) -> str:
        """The regular expression in use."""
        return self.pattern or pattern_of(self.max_digits)


class Tokenizer:
    """Text to token ids and back. Made by :func:`load`."""

    def __init__(self, definition: str, end_of_text: str = END_OF_TEXT) -> None:
        """``definition`` is the text of a ``tokenizer.json``.

        Raises:
            ConfigError: it is not one, or it lacks the end-of-text token.
        """
        try:
            self._tokenizer = tokenizers.Tokenizer.from_str(definition)
        except Exception as error:  # the library raises bare Exception for a bad definition
            raise ConfigError(f"not a tokenizer.json: {error}") from None
        end_of_text_id = self._tokenizer.token_to_id(end_of_text)
        if end_of_text_id is None:
            raise ConfigError(
                f"the tokenizer has no token {end_of_text!r}: set tokenizer.end_of_text"
            )
        self.definition = definition
        self.end_of_text = end_of_text
        self.end_of_text_id: int = end_of_text_id
        # Ids may have gaps: what counts is the highest.
        ids = self._tokenizer.get_vocab(with_added_tokens=True).values()
        self.vocabulary_size: int = max(ids) + 1
        tree = json.loads(definition)
        self._fast = fast_encoder(tree, end_of_text)
        needs_library = self._fast is None or self._fast.found_in_texts is not None
        self._library = text_encoder(definition, end_of_text) if needs_library else None
        tried = self._encode([end_of_text, _UNKNOWN], None)[0]
        if _is_made_of_text(end_of_text, tree) or end_of_text_id in tried:
            raise ConfigError(f"{end_of_text!r} is a token that texts hold; it cannot end them")

    def encode_batch(self, texts: Texts) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Token ids of all texts end to end, int32, and offsets, int64 (num_texts + 1,).

        The text of a special token is encoded as ordinary text: a document cannot end itself.
        """
        return self._encode(texts, None)

    def encode_documents(self, texts: Texts) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Like ``encode_batch``, and the end-of-text id behind each text."""
        return self._encode(texts, self.end_of_text_id)

    def _encode(
        self, texts: Texts, end_id: int | None
    ) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        if self._fast is not None:
            return self._fast.encode(texts, end_id, self._library)
        assert self._library is not None
        strings = list(texts) if isinstance(texts, Sequence) else texts.to_pylist()
        encodings = self._library.encode_batch(strings, add_special_tokens=False)
        end = [] if end_id is None else [end_id]
        parts = [np.array([*encoding.ids, *end], np.int32) for encoding in encodings]
        return _laid_end_to_end(parts)

    def decode(self, ids: Sequence[int]) -> str:
        """Text of token ids; bytes that are no valid UTF-8 become U+FFFD."""
        return str(self._tokenizer.decode([int(id_) for id_ in ids], skip_special_tokens=False))

    def facts(self) -> TokenizerFacts:
        """What a manifest says of this tokenizer."""
        return TokenizerFacts(
            sha256=hashlib.sha256(self.definition.encode()).hexdigest(),
            vocabulary_size=self.vocabulary_size,
            end_of_text_id=self.end_of_text_id,
            end_of_text=self.end_of_text,
        )


def load(path: str | Path, params: TokenizerParams | None = None) -> Tokenizer:
    """Tokenizer of a ``tokenizer.json`` or ``.tiktoken`` file.

    Raises:
        ConfigError: no such file, not a tokenizer, no end-of-text token, or a ``.tiktoken`` file
            without a pattern in ``params``.
    """
    params = params or TokenizerParams()
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot read the tokenizer: {error}") from None
    try:
        if str(path).endswith(SUFFIX):
            if params.pattern is None:
                raise ConfigError("does not tell how text is cut: set tokenizer.pattern")
            definition = as_definition(
                data, params.pattern, [params.end_of_text, *params.special_tokens]
            )
        else:
            definition = data.decode("utf-8")
        return Tokenizer(definition, params.end_of_text)
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: cannot read the tokenizer: {error}") from None
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def train(texts: Iterator[str], params: TokenizerParams) -> Tokenizer:
    """Train a byte-level BPE. The same texts in the same order give the same tokenizer.

    >>> small = TokenizerParams(vocabulary_size=300)
    >>> tokenizer = train(iter(["low lower lowest 最低 " * 50]), small)
    >>> ids, offsets = tokenizer.encode_batch(["lowest", "最低"])
    >>> tokenizer.decode(ids[offsets[1]:])
    '最低'
    """
    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(tokenizers.Regex(params.cutting()), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=params.vocabulary_size,
        special_tokens=list(dict.fromkeys([params.end_of_text, *params.special_tokens])),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return Tokenizer(tokenizer.to_str(), params.end_of_text)


def _laid_end_to_end(
    parts: Sequence[NDArray[np.int32]],
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The ids of each text as one array with offsets."""
    offsets = np.zeros(len(parts) + 1, np.int64)
    np.cumsum([len(part) for part in parts], out=offsets[1:])
    return (np.concatenate(parts) if parts else np.zeros(0, np.int32)), offsets


def _is_made_of_text(token: str, definition: dict[str, Any]) -> bool:
    """Whether a byte-level BPE makes this token of the letters of a text."""
    model = definition.get("model")
    if not isinstance(model, dict) or model.get("type") != "BPE":
        return False
    pairs = (pair.split(" ") if isinstance(pair, str) else pair for pair in model["merges"])
    return token in set(byte_letters().values()) or any("".join(pair) == token for pair in pairs)
