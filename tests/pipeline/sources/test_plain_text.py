import gzip
import io
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.inputs import Format, InputFile, InputParams, InputRule
from pipeline.sources.plain_text import has_plain_lines, read_plain_text
from pipeline.sources.record import Record
from schemas.documents import Source
from tests.pipeline.sources.conftest import ReadDump, state


def test_a_file_is_a_document(read_dump: ReadDump) -> None:
    (row,) = read_dump("notes/a.txt", "一行\r\n二行\r\n".encode())
    assert row["text"] == "一行\n二行"
    assert (row["source"], row["format"], row["source_key"]) == ("text", "plain_text", "a.txt")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("春天的茶園裡霧氣很重採茶的人天未亮就上山" * 5, "big5"),
        ("茶叶商会在北京和上海的集市进展顺利，商会表示" * 5, "gb18030"),
        ("日本語のテキストです。これは試験です。" * 5, "shift_jis"),
        ("Съешь же ещё этих мягких французских булок да выпей чаю. " * 5, "cp1251"),
        ("déjà vu à l'école, où l'été s'achève. " * 5, "latin-1"),
        ("any text 文字", "utf-16"),
        ("any text 文字", "utf-8-sig"),
    ],
)
def test_its_encoding_is_found(read_dump: ReadDump, text: str, encoding: str) -> None:
    (row,) = read_dump("a.txt", text.encode(encoding))
    if encoding == "utf-16":
        assert state(row) in ("text", "error")
    if state(row) == "text":
        assert row["text"] == text.strip()


def test_compressed_and_broken_and_too_large(read_dump: ReadDump) -> None:
    packed = gzip.compress(b"".join(b"line %d %d\n" % (i, i * i) for i in range(9000)))
    (row,) = read_dump("a.txt.gz", packed[:-100])
    assert "truncated gzip" in row["error"]
    (row,) = read_dump("a.txt.gz", packed, max_record_bytes=1024)
    assert state(row) == "too_large"


LINES = b"one\r\ntwo\n\n \nthree\n" + "d\u00e9j\u00e0\n".encode("latin-1") + b"\n\n\nfour"


@pytest.mark.parametrize(
    ("unit", "texts", "offsets"),
    [
        ("line", ["one", "two", "three", "d\u00e9j\u00e0", "four"], [0, 5, 12, 18, 26]),
        ("block", ["one\ntwo", "three\nd\u00e9j\u00e0", "four"], [0, 12, 26]),
        ("file", ["one\ntwo\n\n \nthree\nd\u00e9j\u00e0\n\n\n\nfour"], [0]),
    ],
)
def test_a_rule_says_what_a_document_is(
    read_dump: ReadDump, unit: str, texts: list[str], offsets: list[int]
) -> None:
    rule = InputRule(match="*", format=Format.PLAIN_TEXT, unit=unit)
    for name, stored in (("a.txt", LINES), ("b/a.txt.gz", gzip.compress(LINES))):
        rows = [row for row in read_dump(name, stored, (rule,)) if row["source_file"] == name]
        assert [row["text"] for row in rows] == texts
        assert [row["record_offset"] for row in rows] == offsets


def test_units_that_are_broken_or_too_large(read_dump: ReadDump) -> None:
    rule = (InputRule(match="*", format=Format.PLAIN_TEXT, unit="block"),)
    stored = b"a\n\n" + b"word\n" * 1000 + b"\n" + b"z" * 3000 + b"\n\nb"
    rows = read_dump("a.txt", stored, rule, max_record_bytes=1024)
    assert state(rows[0]) == state(rows[-1]) == "text"
    assert {state(row) for row in rows[1:-1]} == {"too_large"}
    packed = gzip.compress(b"".join(b"line %d %d\n" % (i, i * i) for i in range(9000)))
    rows = read_dump("a.txt.gz", packed[:-100], rule)
    assert "truncated gzip" in rows[-1]["error"] and state(rows[-2]) == "text"
    (row,) = read_dump("n.txt", b"\n\n\n", rule)[-1:]
    assert row["error"] == "no line in it (byte 0)"


@given(
    st.lists(st.sampled_from([b"", b" ", b"one", b"two\r", b"\xff", b"x" * 2000]), max_size=9),
    st.lists(st.integers(0, 5000), max_size=5),
)
def test_a_split_file_of_lines_gives_the_rows_of_the_whole(
    pieces: list[bytes], cuts: list[int]
) -> None:
    content = b"\n".join(pieces)
    file = InputFile(
        path="a",
        format=Format.PLAIN_TEXT,
        source=Source.TEXT,
        size=len(content),
        settings={"unit": "line"},
    )

    def rows(span: tuple[int, int] | None) -> list[Record]:
        part = file.model_copy(update={"span": span})
        params = InputParams(max_record_bytes=1024)
        return list(read_plain_text(io.BytesIO(content), part, params))

    bounds = [0, *sorted(min(cut, len(content)) for cut in cuts), len(content)]
    split = [row for span in pairwise(bounds) if span[0] < span[1] for row in rows(span)]
    if content and has_plain_lines(content):  # no other is split
        assert split == rows(None)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_lines_and_blocks_in_utf_16(read_dump: ReadDump, encoding: str) -> None:
    text = "茶の本、\r\n二行目。\n\n三行目 \u0a0a。\n"
    for unit, texts in (
        ("line", ["茶の本、", "二行目。", "三行目 \u0a0a。"]),
        ("block", ["茶の本、\n二行目。", "三行目 \u0a0a。"]),
    ):
        rule = InputRule(match="*", format=Format.PLAIN_TEXT, unit=unit)
        assert [row["text"] for row in read_dump("a.txt", text.encode(encoding), (rule,))] == texts


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    "text",
    ["\n第一章，茶与水。茶叶商会在北京的集市进展顺利，一个人说。", "\nPlain words, and a page.\n"],
)
def test_utf_16_without_a_mark(read_dump: ReadDump, text: str, encoding: str) -> None:
    """As a rule states it, and as it is recognised by its name."""
    rule = InputRule(match="*", format=Format.PLAIN_TEXT)
    assert [row["text"] for row in read_dump("a", text.encode(encoding), (rule,))] == [text.strip()]
    rows = read_dump("b.txt", text.encode(encoding))
    assert [(row["format"], row["text"]) for row in rows] == [("plain_text", text.strip())]


@pytest.mark.parametrize(("unit", "num_rows"), [("file", 1), ("block", 1), ("line", 2)])
def test_what_holds_nuls_is_no_text(read_dump: ReadDump, unit: str, num_rows: int) -> None:
    rule = InputRule(match="*", format=Format.PLAIN_TEXT, unit=unit)
    wide = "tea\x00\x01\n\ud800 and water".encode("utf-16-be", "surrogatepass")
    rows = read_dump("a", wide, (rule,))
    assert [state(row) for row in rows] == ["error"] * num_rows
    assert rows[0]["error"].endswith(
        " NULs: binary content, or UTF-16 or UTF-32 without a byte order mark (byte 0)"
    )
    (row,) = read_dump("a", b"a stray\0 one", (rule,))
    assert row["text"] == "a stray\0 one"


def test_lines_that_end_with_cr_alone(read_dump: ReadDump) -> None:
    rule = InputRule(match="*", format=Format.PLAIN_TEXT, unit="line")
    rows = read_dump("a.txt", b"one\rtwo\r\rthree", (rule,), partition_bytes=1)
    assert [(row["record_offset"], row["text"]) for row in rows] == [
        (0, "one"),
        (4, "two"),
        (9, "three"),
    ]


def test_what_is_not_cut_at_any_line() -> None:
    assert has_plain_lines(b"one\r\ntwo") and has_plain_lines(b"one")
    assert not has_plain_lines(b"one\rtwo") and not has_plain_lines("one\ntwo".encode("utf-16"))
