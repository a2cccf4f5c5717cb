import bz2
import gzip
import json
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.inputs import Format, InputFile, InputParams, InputRule
from pipeline.sources.readers import read_file
from schemas.documents import Source
from tests.pipeline.sources.conftest import ReadDump, rows_of, state

ARTICLE = {
    "id": 7,
    "url": "https://example.org/a",
    "title": "  Tea \n prices ",
    "authors": ["A. Writer", "B. Writer"],
    "date_publish": "2017-03-06 04:02:06",
    "language": "en",
    "license": "CC BY 4.0",
    "maintext": "Tea prices rose.",
}


def lines(*objects: Any) -> bytes:
    return b"".join(json.dumps(each, ensure_ascii=False).encode() + b"\n" for each in objects)


@pytest.mark.parametrize(
    ("suffix", "compress"),
    [
        ("", bytes),
        (".gz", gzip.compress),
        (".bz2", bz2.compress),
        (".zst", zstandard.ZstdCompressor().compress),
    ],
)
def test_columns_are_found_in_every_compression(
    read_dump: ReadDump, suffix: str, compress: Callable[[bytes], bytes]
) -> None:
    rows = read_dump("news/articles.jsonl" + suffix, compress(lines(ARTICLE, ARTICLE | {"id": 8})))
    assert len(rows) == 2
    row = rows[0]
    assert row["text"] == "Tea prices rose."
    assert row["title"] == "Tea prices"
    assert row["author"] == "A. Writer, B. Writer"
    assert row["published"].isoformat() == "2017-03-06T04:02:06+00:00"
    assert row["url"] == "https://example.org/a"
    assert (row["language_hint"], row["licence"]) == ("en", "CC BY 4.0")
    assert (row["source"], row["source_key"], row["record_offset"]) == ("news", "7", 0)


def test_a_broken_line_is_one_unreadable_record_and_reading_goes_on(read_dump: ReadDump) -> None:
    good = lines({"text": "good"})
    content = (
        good
        + b'{"text": "broken\n'
        + b"[1, 2]\n"
        + b'{"text": "\xff\xfe"}\n'
        + b'{"other": 1}\n'
        + b'{"text": null}\n'
        + b"[" * 100_000
        + b"\n\n"
        + lines({"text": "last"})
    )
    rows = read_dump("a.jsonl", content)
    assert [state(row) for row in rows] == [
        "text", "error", "error", "error", "empty_text", "empty_text", "error", "text",
    ]  # fmt: skip
    assert f"byte {len(good)}" in rows[1]["error"]
    assert rows[-1]["text"] == "last"


def test_a_truncated_file_gives_its_lines_and_one_unreadable_record(read_dump: ReadDump) -> None:
    whole = lines(*({"text": f"line {i} {i * i}"} for i in range(5000)))
    rows = read_dump("a.jsonl.gz", gzip.compress(whole)[:-1000])
    assert [state(row) for row in rows].count("error") == 1
    assert state(rows[-1]) == "error"
    assert "truncated gzip" in rows[-1]["error"]
    assert [row["text"] for row in rows[:-1]] == [f"line {i} {i * i}" for i in range(len(rows) - 1)]


def test_the_first_line_may_be_very_long(read_dump: ReadDump) -> None:
    rows = read_dump("a.jsonl", lines({"text": "word " * 100_000}, {"text": "short"}))
    assert [state(row) for row in rows] == ["text", "text"]


def test_a_line_above_the_limit_is_skipped(read_dump: ReadDump) -> None:
    content = lines({"text": "a"}, {"text": "word " * 1000}, {"text": "b"})
    rows = read_dump("a.jsonl", content, max_record_bytes=1024)
    assert [state(row) for row in rows] == ["text", "too_large", "text"]


def test_a_rule_names_columns_and_source(read_dump: ReadDump) -> None:
    rule = InputRule(match="*.jsonl", text_column="answer", source=Source.SOCIAL)
    (row,) = read_dump("qa.jsonl", lines({"question": "q", "answer": "because"}), (rule,))
    assert (row["text"], row["source"]) == ("because", "social")


def test_a_rule_names_columns_inside_columns(read_dump: ReadDump) -> None:
    inner = {"url": "https://a.example", "by": {"name": "A"}, "day": "2017-03-06", "lang": "zh"}
    content = lines({"text": "no", "body": {"plain": "words"}, "meta": inner}, {"text": "x"})
    rule = InputRule(
        match="*",
        text_column="body.plain",
        id_column="meta.url",
        url_column="meta.url",
        author_column="meta.by.name",
        date_column="meta.day",
        language_column="meta.lang",
        licence_column="meta.by.name",
        title_column="text",
    )
    row, empty = read_dump("a.jsonl", content, (rule,))
    assert (row["text"], row["title"], row["author"]) == ("words", "no", "A")
    assert (row["source_key"], row["url"]) == ("https://a.example", "https://a.example")
    assert (row["language_hint"], row["licence"]) == ("zh", "A")
    assert row["published"].isoformat() == "2017-03-06T00:00:00+00:00"
    assert state(empty) == "empty_text"


def test_keys_that_change_from_line_to_line_change_nothing_else(read_dump: ReadDump) -> None:
    content = lines(
        {"text": "one", "meta": {"url": "a"}, "date": "2017-03-06", "id": 1},
        {"text": "two", "meta": "a", "date": 1488772926, "id": "x", "more": [1]},
        {"text": "three", "meta": None, "date": ["?"], "id": {"a": 1}},
        {"text": {"a": 1}, "id": 4},
        {"text": 7},
        {"text": True},
        {"text": ["a", "b", 3]},
        {"id": 5},
    )
    rule = InputRule(match="*", url_column="meta.url")
    rows = read_dump("a.jsonl", content, (rule,))
    assert [state(row) for row in rows] == ["text"] * 3 + ["error"] * 3 + ["text", "empty_text"]
    assert [row["source_key"] for row in rows[:3]] == ["1", "x", ""]
    assert [row["url"] for row in rows[:3]] == ["a", None, None]
    assert [row["published"] is not None for row in rows[:3]] == [True, True, False]
    assert rows[3]["error"].startswith("column text holds dict, not a text (byte ")
    assert rows[6]["text"] == "a\nb"


def test_equal_lines_in_two_files_are_the_same_record(read_dump: ReadDump, tmp_path: Path) -> None:
    (tmp_path / "dumps").mkdir()
    (tmp_path / "dumps" / "a.jsonl").write_bytes(lines({"text": "x"}))
    first, second = read_dump("b.jsonl", lines({"text": "x"}))
    assert first["doc_id"] == second["doc_id"]


def test_lone_surrogates_do_not_stop_it(read_dump: ReadDump) -> None:
    (row,) = read_dump("a.jsonl", b'{"text": "a\\ud800b"}\n')
    assert row["text"] == "a\ufffdb"


@pytest.mark.shared
def test_the_real_news_are_read_whole(shared_data: Path) -> None:
    expected = {"bbc": 1461, "giveme5w1h": 368, "sogou_sample": 62, "thucnews_titles": 10000}
    for name, count in expected.items():
        rows = rows_of(shared_data / "news" / f"{name}.jsonl.gz")
        assert [state(row) for row in rows] == ["text"] * count
    dated = rows_of(shared_data / "news" / "giveme5w1h.jsonl.gz")
    held = {
        name: sum(row[name] is not None for row in dated)
        for name in ("url", "author", "language_hint", "published")
    }  # 97 lists of authors are empty; the first address is in the 48th line
    assert held == {"url": 320, "author": 132, "language_hint": 186, "published": 351}


def test_lists_in_lists_of_authors_are_left_out_at_any_depth(read_dump: ReadDump) -> None:
    deep = "[" * 700 + "]" * 700
    (row,) = read_dump("a.jsonl", f'{{"text": "a b", "author": ["Ann", {deep}]}}'.encode())
    assert row["author"] == "Ann"


@given(
    st.sampled_from([Format.JSONL, Format.REDDIT]),
    st.lists(
        st.sampled_from(
            [
                b"", b"  ", b"\r", b"broken", b'{"text": "a"}', b'{"text": "\xff"}', b"[1]",
                b'{"text": "' + b"long " * 300 + b'"}', b'{"body": "b", "id": "7"}\r',
                b'\xef\xbb\xbf{"text": "marked"}',
            ]
        ),
        max_size=10,
    ),
    st.lists(st.integers(0, 4000), max_size=6),
)  # fmt: skip
def test_a_split_file_gives_the_rows_of_the_whole(
    format: Format, pieces: list[bytes], cuts: list[int]
) -> None:
    content = b"\n".join(pieces)
    params = InputParams(max_record_bytes=1024)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a").write_bytes(content)
        file = InputFile(path="a", format=format, source=Source.NEWS, size=len(content))

        def rows(span: tuple[int, int] | None) -> list[dict[str, Any]]:
            part = file.model_copy(update={"span": span})
            return [row for batch in read_file(folder, part, params) for row in batch.to_pylist()]

        bounds = [0, *sorted(min(cut, len(content)) for cut in cuts), len(content)]
        split = [row for span in pairwise(bounds) if span[0] < span[1] for row in rows(span)]
        if content:
            assert split == rows(None)


@pytest.mark.parametrize("content", [b"\n" * 500, b"\n" * 400 + b"{}"])
def test_a_file_that_begins_with_blank_lines_is_split_all_the_same(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "a").write_bytes(content)
    file = InputFile(path="a", format=Format.JSONL, source=Source.NEWS, size=len(content))
    spans = [file.model_copy(update={"span": span}) for span in ((0, 100), (100, len(content)))]
    split = [list(read_file(str(tmp_path), each, InputParams())) for each in spans]
    whole = list(read_file(str(tmp_path), file, InputParams()))
    assert split[0] + split[1] == whole


def test_a_list_that_holds_more_than_texts_is_told(read_dump: ReadDump) -> None:
    lines = [
        {"text": ["one", None, "two"]},
        {"text": [{"t": "para one"}]},
        {"text": ["one", {"t": "two"}]},
        {"text": []},
    ]
    rows = read_dump("a.jsonl", "\n".join(json.dumps(line) for line in lines).encode())
    assert rows[0]["text"] == "one\ntwo"
    for row in rows[1:3]:
        assert row["error"].startswith("column text holds list of dict, not a text (byte ")
    assert rows[3]["skip_rule"] == "empty_text"


def test_what_the_first_lines_lack_is_found_in_later_ones(read_dump: ReadDump) -> None:
    first = [{"text": f"words {number}"} for number in range(50)]
    later = {name: value for name, value in ARTICLE.items() if name != "maintext"}
    rest = [later | {"text": f"more {number}", "id": number} for number in range(1000)]
    rows = read_dump("news/a.jsonl", lines(*first, *rest))
    for name in ("url", "title", "author", "published", "language_hint", "licence"):
        assert [row[name] is not None for row in rows] == [False] * 50 + [True] * 1000, name
    assert [row["source_key"] for row in rows[49:52]] == ["", "0", "1"]


def test_a_rule_may_name_what_the_first_lines_lack(read_dump: ReadDump) -> None:
    rule = InputRule(match="*", url_column="page")
    content = lines(*[{"text": "a", "url": "no"}] * 50, {"text": "b", "page": "yes", "url": "no"})
    rows = read_dump("a.jsonl", content, (rule,))
    assert [row["url"] for row in rows] == [None] * 50 + ["yes"]


def test_the_address_of_dolma_is_found(read_dump: ReadDump) -> None:
    (row,) = read_dump("a.jsonl", lines({"id": "d", "text": "a", "metadata": {"url": "https://e"}}))
    assert (row["url"], row["source_key"]) == ("https://e", "d")
