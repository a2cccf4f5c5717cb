"""A window never hides what the whole text would show."""

import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pipeline.measures import pii
from pipeline.measures.pii_windows import windows
from pipeline.text.utf8 import as_utf8

PIECES = [
    "ann@example.org", "+44 20 7946 0958", "4111 1111 1111 1111", "8.8.8.8", "078-05-1120",
    "2001:4860:4860::8888", "GB29 NWBK 6016 1331 9268 19", "11010519491231002X", "13912345678",
    "415-555-2671", " ", " ", ", ", "。", "\n", "电话", "call ", "card ", "12", "1,5", ".", ":",
    "@", "(", ")", "-", "x", "中文" * 30, "prose without a number " * 25, "é" * 120, "😀" * 70,
    "SSN ", "a" * 90, "7 " * 9, "zs＠example．cn", "１３９－１２３４－５６７８",
    "８．８．８．８", "（", "＠", "－", "هاتف: ٠٥٠-١٢٣-٤٥٦٧", "फोन ०११-२३४५६७८९",
    "โทร. ๐๒-๑๒๓-๔๕๖๗", "۰۲۱", "هاتف",
]  # fmt: skip
texts = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)


def spans_of_whole_text(text):
    return pii._in_window(text)


@given(texts)
def test_windows_find_what_the_whole_text_shows(text):
    found = [(span.kind, span.start, span.end) for span in pii.find(text)]
    assert found == spans_of_whole_text(text)


def test_prose_has_no_window():
    prose = "It was 1984, in the 5th month; 250,000 came (3.5 % of them by train), said @nobody."
    assert len(windows(as_utf8([prose, "", "一二三，2024年10月。"]))) == 0


def test_windows_are_apart_in_order_and_of_whole_characters():
    generator = random.Random(1)
    batch = as_utf8(["".join(generator.choices(PIECES, k=40)) for _ in range(50)])
    found = windows(batch).tolist()
    assert found == sorted(found)
    for (row, _, end), (next_row, start, _) in pairwise(found):
        assert row < next_row or end < start
    for row, start, end in found:
        assert batch.offsets[row] <= start < end <= batch.offsets[row + 1]
        bytes(batch.bytes[start:end]).decode()
