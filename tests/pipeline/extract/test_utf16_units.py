import random

import pytest

from pipeline.extract.encodings import find_utf16
from pipeline.extract.utf16_units import find_by_units

CHINESE = "一个茶叶商会在北京和上海的集市进展顺利，商会表示今年的春茶产量比去年高。"
JAPANESE = "日本語のテキストです。これは試験です、名前はまだ無い。"
KOREAN = "가을에는 차를 마신다. 한국어 문서는 띄어쓰기가 있다.\n"
MIXED = "一 first line of Latin text with one — and ünï\n" * 9


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", [CHINESE, "\n第一章，茶与水。", JAPANESE, KOREAN, MIXED])
def test_characters_tell_the_order_of_bytes(text: str, encoding: str) -> None:
    """Without a line end, and with zeros in both bytes (U+4E00, U+AC00)."""
    assert find_by_units(text.encode(encoding)) == encoding
    assert find_utf16(text.encode(encoding)) == encoding
    assert find_by_units((text * 90).encode(encoding)[:4095]) == encoding


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(CHINESE, "gb18030"), (CHINESE, "utf-8"), (CHINESE, "big5"), (JAPANESE, "shift_jis"),
     (JAPANESE, "euc_jp"), (KOREAN, "euc_kr"), ("Съешь же ещё этих булок. ", "cp1251"),
     ("déjà vu à l'été, ", "latin-1"), ("0123 of WARC f/W(N\r\n", "ascii")],
)  # fmt: skip
def test_other_encodings_are_not_taken_for_it(text: str, encoding: str) -> None:
    data = (text * 60).encode(encoding, "ignore")
    for start in range(40):
        for size in (20, 200, 3000):
            assert find_by_units(data[start : start + size]) is None


def test_random_bytes_are_not_taken_for_it() -> None:
    draw = random.Random(5)
    assert not any(find_by_units(draw.randbytes(64)) for _ in range(5000))
    assert find_by_units(b"") is None
