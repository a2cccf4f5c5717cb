import bz2
import gzip
import io
import lzma
import random
import struct
import zipfile

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extract.binary_content import has_binary_signature, is_binary

_MARKUP = b"<p>words in a file that is no page</p>" * 50


def _zip() -> bytes:
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as archive:
        archive.writestr("page.html", _MARKUP)
    return stored.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + _MARKUP,
        b"GIF89a\x01\0" + _MARKUP,
        b"\xff\xd8\xff\xe0\0\x10JFIF" + _MARKUP,
        b"BM" + struct.pack("<IHHI", 9999, 0, 0, 54) + _MARKUP,
        b"\0\0\x01\0\x01\0" + _MARKUP,
        b"RIFF\x10\0\0\0WEBPVP8 " + _MARKUP,
        b"RIFF\x10\0\0\0WAVEfmt " + _MARKUP,
        b"ID3\x03\0" + _MARKUP,
        b"OggS\0" + _MARKUP,
        b"\0\0\0\x20ftypisom" + _MARKUP,
        b"\x1aE\xdf\xa3" + _MARKUP,
        b"\0\x01\0\0\0" + _MARKUP,
        b"wOF2\0\x01\0\0" + _MARKUP,
        b"%PDF-1.7\n" + _MARKUP,
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + _MARKUP,
        gzip.compress(_MARKUP),
        bz2.compress(_MARKUP),
        lzma.compress(_MARKUP),
        zstandard.compress(_MARKUP),
        _zip(),
    ],
)
def test_signatures_tell_whatever_follows(data: bytes) -> None:
    assert has_binary_signature(data)
    assert is_binary(data)


@pytest.mark.parametrize(
    "text",
    ["BMW builds cars.", "GIF87 is old.", "GIF89a is a format.", "ID3 tags name songs.",
     "OTTO was here.", "RIFF is a container.", "MZ is a sign.", "FORM follows function.",
     "PK won.", "Rar!", "BZh9 is a level."],
)  # fmt: skip
def test_a_text_may_begin_with_letters_of_a_signature(text: str) -> None:
    is_gif = text.startswith("GIF89a")  # these browsers, too, take for an image
    assert is_binary(text.encode()) is is_gif


def test_control_characters_tell_where_there_is_no_markup() -> None:
    assert is_binary(b"\x01\x02 some words")
    assert is_binary(b"words\x1a")
    assert not is_binary(b"<p>words\x1a and\0 more</p>")
    assert not is_binary(b"words\tand\r\n\f\x1b lines")
    assert not is_binary(b"words " * 300 + b"\x01")  # behind what browsers look at


def test_a_sign_less_than_among_random_bytes_is_no_markup() -> None:
    draw = random.Random(3)
    for _ in range(200):
        data = b"\x99<" + draw.randbytes(3000)
        assert is_binary(data)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_characters_are_not_binary(encoding: str) -> None:
    assert not is_binary("<p>茶 and water</p>".encode(encoding))
    assert not is_binary("\n\n<p>tea and water</p>\n".encode(encoding)) or encoding == "utf-32-le"
    assert not is_binary("茶与水".encode(encoding), encoding)


def test_seven_bit_encodings_are_not_binary() -> None:
    assert not is_binary("한국어 문서".encode("iso2022_kr"))
    assert not is_binary("日本語の文書".encode("iso2022_jp"))


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"])))
def test_texts_are_not_binary(text: str) -> None:
    assert not is_binary("\n".join([text, text]).encode()) or text.startswith(("%PDF-", "%!PS-"))
