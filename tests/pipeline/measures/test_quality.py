"""Quality statistics: the batch kernel against the plain-Python oracle, and what they say."""

import json
import math
import time
from pathlib import Path
from typing import get_args

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.measures import quality
from pipeline.measures.quality import measure
from schemas.documents import QUALITY_STATISTICS
from tests.oracles.quality_oracle import statistics

CASES = Path(__file__).resolve().parents[2] / "cases"
PROSE = json.loads((CASES / "prose.json").read_text(encoding="utf-8"))
RULED = json.loads((CASES / "quality.json").read_text(encoding="utf-8"))

OFTEN = "ab cT.…!?。，、中文字ไท่ยก็かガ\n\n\n-•\"'”」)＃#{3٣é\u0301\t\u3000\ufffd"
PIECES = [
    "the cat ", "the ", "JavaScript", "use  cookies", "Lorem ipsum", "隐私政策", "\n", "\n\n",
    "3 likes\n", "点赞 12", "Read more...\n", "Sign-in ", "items in cart", "ABC DEF ", "阅读全文",
    "12", "的",
    "...", "。", "He said “no.” ", "- ", "我们", "ไทย ", "3.5 ", "{", "x" * 31, "x" * 15, "字" * 15,
]  # fmt: skip
texts = (
    st.text(OFTEN, max_size=60)
    | st.lists(st.sampled_from(PIECES), max_size=25).map("".join)
    | st.lists(st.sampled_from("abc中"), max_size=80).map(" ".join)
    | st.text(st.characters(codec="utf-8"), max_size=30)
)


def rows(values):
    return measure(values).to_pylist()


@settings(max_examples=500, deadline=None)
@given(texts)
def test_every_statistic_is_that_of_the_oracle(text):
    assert rows([text]) == [statistics(text)]


@pytest.mark.parametrize("case", [*PROSE, *RULED], ids=lambda case: case["label"])
def test_real_sentences_of_many_scripts_are_counted_as_the_oracle_does(case):
    assert rows([case["text"]]) == [statistics(case["text"])]


@settings(max_examples=50, deadline=None)
@given(st.lists(texts, max_size=6), st.integers(1, 40))
def test_a_text_is_measured_the_same_in_any_company(values, group_bytes):
    alone = [rows([value])[0] for value in values]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quality, "_GROUP_BYTES", group_bytes)
        assert rows(values) == alone


@given(st.lists(texts, max_size=4))
def test_fractions_are_finite_and_between_nought_and_one(values):
    batch = measure(values)
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        for value in column.to_pylist():
            assert math.isfinite(value) and value >= 0
            assert value <= 1 or not name.endswith(("_fraction", "_score"))


def test_the_columns_are_those_of_the_contract():
    assert measure(["a"]).schema == pa.schema(QUALITY_STATISTICS)
    assert measure([]).num_rows == 0


@pytest.mark.parametrize("empty", ["", None, " ", "\n\n", "\u200b"])
def test_a_text_of_nothing_has_statistics_of_nothing(empty):
    row = measure(pa.array([empty], pa.string())).to_pylist()[0]
    sizes = ("num_utf8_bytes", "num_characters", "newlines_per_word", "num_lines",
             "num_paragraphs", "short_line_fraction")  # fmt: skip
    assert not any(value for name, value in row.items() if name not in sizes)


def test_the_score_prefers_the_cleaner_copy():
    text = PROSE[0]["text"]
    worse = [
        text[: len(text) // 4],  # a teaser
        text + "\n\n" + text,  # everything twice
        text + "\n\n" + "\n".join(f"Link number {i}" for i in range(20)),  # with its menu
        text + "\n\nWe use cookies. Read the privacy policy.",
        text.replace("e", "\ufffd"),
        text + " " + "1 2 3 4 | " * 60,
    ]
    best, *others = measure([text, *worse]).column("quality_score").to_pylist()
    assert all(best > other for other in others), (best, others)


def test_chinese_is_not_measured_as_one_long_word():
    row = rows(["清晨的雾气还没有散去，小镇已经热闹起来。老人推着车。"])[0]
    assert row["num_words"] == 23
    assert row["longest_word"] == 1
    assert row["num_sentences"] == 2
    assert row["unspaced_fraction"] == 1.0
    assert row["terminal_line_fraction"] == 1.0


def test_thai_sentences_end_at_blanks():
    row = rows(["หมู่บ้านตั้งอยู่ริมแม่น้ำ ชาวบ้านปลูกข้าว\nเด็กๆ ตื่นเต้นมาก"])[0]
    assert row["num_sentences"] == 4
    assert row["terminal_line_fraction"] == 1.0


def test_a_long_text_has_the_statistics_of_its_parts():
    # Long enough to make tables grow, checked against numpy rather than the slow oracle.
    words = np.random.default_rng(7).integers(0, 40, 30_000)
    row = rows([" ".join(f"w{word:02d}" for word in words)])[0]
    pairs = words[:-1] * 40 + words[1:]
    assert row["num_words"] == 30_000
    assert row["top_2_gram_character_fraction"] == np.bincount(pairs).max() * 6 / 90_000


@pytest.mark.shared
def test_a_real_book_is_counted_as_the_oracle_does(shared_data):
    for name in ("pg46.txt", "24051-0.txt", "44157-0.txt"):
        data = (shared_data / "books" / "txt" / name).read_bytes()
        text = data[5_000:16_000].decode("utf-8", "ignore").replace("\r\n", "\n")
        assert rows([text]) == [statistics(text)], name


@pytest.mark.parametrize("variant", get_args(quality.Variant))
@pytest.mark.parametrize(
    "hostile",
    ["." * 99_999, "(" * 99_999, "a-" * 50_000, "@a.b" * 30_000, "'" * 99_999, "[1" * 50_000,
     "a'" + "\u0301" * 99_999, "1km" * 40_000, "\n" * 99_999, "字" * 40_000, " " * 99_999],
    ids=lambda text: ascii(text[:3]),
)  # fmt: skip
def test_a_hostile_text_takes_no_quadratic_time(hostile, variant):
    measure([hostile[:9]], variant)
    start = time.process_time()
    measure([hostile], variant)
    assert time.process_time() - start < 1.0
