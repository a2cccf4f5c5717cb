"""The scan may doubt too much, never too little."""

import re
import unicodedata

import ftfy
import pytest
from ftfy.badness import BADNESS_RE, MOJIBAKE_CATEGORIES
from ftfy.chardata import HTML_ENTITY_RE
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pipeline.text.normalize import FTFY_CONFIG
from pipeline.text.normalize_scan import scan
from pipeline.text.normalize_tables import FTFY
from pipeline.text.tidy import tidy
from pipeline.text.utf8 import as_utf8

# The alphabet of ftfy's heuristic, and what stands between its words.
SUSPECTS = "".join(
    chr(code)
    for code in range(0x10000)
    if any(re.match(f"[{kinds}]", chr(code)) for kinds in MOJIBAKE_CATEGORIES.values())
)
suspicious = st.text(SUSPECTS + " aZ\n.,°ЂÃÂ", max_size=8)
# Starters and marks that compose, block each other, or stand in the wrong order.
COMPOSING = "aeoêẹк\u0301\u0302\u0323\u0327\u093c\u0928\u09c7\u09beか\u3099가\u1100\u1161\u11a8ㄱ "
composing = st.text(COMPOSING, max_size=8)
blank = st.text("a中 \t\n\n\u3000", max_size=8)


def is_doubted(text):
    return bool(scan(as_utf8([text])).flags[0] & FTFY)


@settings(max_examples=1500, suppress_health_check=list(HealthCheck), deadline=None)
@given(st.from_regex(BADNESS_RE))
def test_every_line_that_looks_like_mojibake_to_ftfy_is_doubted(text):
    for line in text.split("\n"):
        if BADNESS_RE.search(line + "\n"):
            assert is_doubted(line + "\n")


@settings(max_examples=1500, deadline=None)
@given(suspicious | composing | blank | st.text(st.characters(codec="utf-8"), max_size=12))
def test_a_text_without_doubt_is_changed_by_nothing(text):
    flags = scan(as_utf8([text])).flags[0]
    if not flags & FTFY:
        assert ftfy.fix_text(text, FTFY_CONFIG) == text
    if not flags:
        assert tidy(text) == text


@settings(max_examples=300, deadline=None)
@given(st.from_regex(HTML_ENTITY_RE))
def test_entities_are_doubted(text):
    assert is_doubted(text)


@given(composing | st.builds("a{}b".format, st.text("\u0300\u0323", min_size=25, max_size=40)))
def test_what_nfc_changes_is_seen(text):
    assume(unicodedata.normalize("NFC", text) != text)
    assert scan(as_utf8([text])).flags[0]


def test_ordinary_prose_is_not_doubted():
    for text in [
        "He said: “It’s 20 °C – don’t you see?”",
        "Größe, Mädchen, Straße; l’été, déjà vu, cœur, « oui ».",
        "Привет, мир! «Да», — сказал он.",
        "你好，世界！“引号”、《书名》……（括号）１、",
        "これはテストです。カタカナも「括弧」も。",
        "ภาษาไทยที่นี่",
        "한국어 문장입니다.",
        "हिन्दी में लड़का और क़लम",
        "বাংলা ভাষা",
        "مرحبا بالعالم، كيف الحال؟",
        "Ελληνικά, με τόνους.",
        "Tiếng Việt có dấu thanh.",
        "😀👍🏽",
    ]:
        assert not is_doubted(text), text


def test_the_lines_in_doubt_are_told_apart():
    texts = ["fine\nschÃ¶n\nfine", "fine", "&amp;\nfine\nﬁ"]
    batch = as_utf8(texts)
    found = scan(batch)
    lines = [
        [bytes(batch.bytes[start:end]).decode() for start, end in found.lines_of(index)]
        for index in range(3)
    ]
    assert lines == [["schÃ¶n\n"], [], ["&amp;\n", "ﬁ"]]
    assert found.rows_in_doubt() == [0, 2]


@pytest.mark.parametrize(
    "text",
    [
        "a  b",
        "a\t\tb",
        "a \tb",
        "a\t\nb",
        "a \nb",
        "a\n\n\nb",
        "a\n \nb",
        " a",
        "\ta",
        "\na",
        "a ",
        "a\n",
        "a\u3000b",
        "a\fb",
    ],
)
def test_blanks_out_of_place_are_seen(text):
    assert scan(as_utf8([text])).flags[0]


@pytest.mark.parametrize("text", ["", "a b", "a\tb", "a\n\nb", "a\n  b\n\tc", "a. B, c"])
def test_blanks_in_their_place_are_none(text):
    assert not scan(as_utf8([text])).flags[0]
