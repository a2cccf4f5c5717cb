import gzip
import json
from itertools import pairwise
from pathlib import Path

import pytest

from pipeline.sources.inputs import Format, InputFile, InputParams, InputRule
from pipeline.sources.json_encoding import find_encoding_of_lines, in_utf8
from pipeline.sources.lines import Line
from pipeline.sources.readers import read_file
from schemas.documents import Source
from tests.pipeline.sources.conftest import ReadDump, state

SIMPLIFIED = ["茶叶的价格这个星期上涨了很多", "采茶的人天未亮就上山", "下雨以后山上雾气很重"]
TRADITIONAL = ["茶葉的價格這個星期上漲了許多", "採茶的人天未亮就上山", "成功的蓋子和許多功能"]
JAPANESE = ["お茶の値段が今週とても上がりました", "表の能力とソフト", "雨の後は霧が深いです"]
FRENCH = ["Les élèves étaient déjà là", "La crème brûlée est très bonne", "Où est le café fermé"]
CASES = [
    ("gb18030", SIMPLIFIED),
    ("gbk", SIMPLIFIED),
    ("big5", TRADITIONAL),
    ("shift_jis", JAPANESE),
    ("cp1252", FRENCH),
]


def lines(texts: list[str], encoding: str, key: str = "text") -> bytes:
    objects = [{key: text, "title": text[:4], "id": at} for at, text in enumerate(texts)]
    return "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in objects).encode(encoding)


@pytest.mark.parametrize(("encoding", "texts"), CASES)
def test_lines_in_another_encoding_are_decoded(
    read_dump: ReadDump, encoding: str, texts: list[str]
) -> None:
    content = lines(texts, encoding)
    rows = read_dump("a.jsonl", content)
    assert [row["text"] for row in rows] == texts
    assert [row["title"] for row in rows] == [text[:4].strip() for text in texts]
    starts = [0, *(at + 1 for at, byte in enumerate(content) if byte == 10)]
    assert [row["record_offset"] for row in rows] == starts[:-1]
    rows = read_dump("b.jsonl.gz", gzip.compress(content))
    assert [row["text"] for row in rows] == texts * 2


def test_a_record_is_the_same_in_any_encoding(read_dump: ReadDump) -> None:
    read_dump("a.jsonl", lines(SIMPLIFIED, "utf-8"))
    rows = read_dump("b.jsonl", lines(SIMPLIFIED, "gbk"))
    assert [row["doc_id"] for row in rows[:3]] == [row["doc_id"] for row in rows[3:]]


def test_keys_are_decoded_too(read_dump: ReadDump) -> None:
    rule = InputRule(match="*", text_column="正文")
    rows = read_dump("a.jsonl", lines(SIMPLIFIED, "gb18030", key="正文"), (rule,))
    assert [row["text"] for row in rows] == SIMPLIFIED


def test_a_line_that_is_not_in_the_encoding_is_unreadable(read_dump: ReadDump) -> None:
    content = lines(SIMPLIFIED * 5, "gbk")
    damaged = b'{"text": "\xff\xff words"}\n'
    rows = read_dump("a.jsonl", content + damaged + lines(["联通", "last"], "gbk"))
    assert [state(row) for row in rows] == ["text"] * 15 + ["error"] + ["text"] * 2
    assert rows[15]["error"] == f"line is not UTF-8 (byte {len(content) + 10})"
    assert rows[16]["text"] == "联通"  # which is valid UTF-8 by chance


@pytest.mark.parametrize(
    ("encoding", "texts", "others"),
    [("gbk", SIMPLIFIED, SIMPLIFIED), ("cp1252", FRENCH, [*FRENCH, "Café"])],
)
def test_lines_in_utf_8_may_follow(
    read_dump: ReadDump, encoding: str, texts: list[str], others: list[str]
) -> None:
    content = lines(texts * 2000, encoding) + lines(others, "utf-8")
    rows = read_dump("a.jsonl", content)
    assert [row["text"] for row in rows] == texts * 2000 + others


def test_damage_in_utf_8_stays_unreadable() -> None:
    damage = b'{"text": "caf\xe9"}\n'
    assert find_encoding_of_lines(lines(SIMPLIFIED, "utf-8") + damage * 20) is None
    assert find_encoding_of_lines(lines(["plain words"], "utf-8") + damage) is None
    assert find_encoding_of_lines(b"\x80\x81\x82 junk of no kind \xff\xfe\xfd\n" * 9) is None
    assert find_encoding_of_lines(lines(["words"], "ascii")) is None


def test_what_nothing_tells_is_not_taken_for_letters_with_accents() -> None:
    assert find_encoding_of_lines('{"text": "茶叶的价格上涨"}\n'.encode("gbk")) is None
    assert find_encoding_of_lines(lines(FRENCH, "cp1252")) == "cp1252"


def test_the_last_character_in_sight_may_be_cut() -> None:
    whole = lines(SIMPLIFIED, "utf-8")[: -len(b'", "title": ')]
    for cut in range(1, 40):
        assert find_encoding_of_lines(whole[:-cut]) is None
    assert find_encoding_of_lines(lines([SIMPLIFIED[0] * 9], "gbk")[:-60]) == "gb18030"
    assert find_encoding_of_lines(lines([SIMPLIFIED[0] * 9], "gbk")[:-61]) == "gb18030"


def test_what_is_not_here_to_its_end_stays_as_it_is() -> None:
    cut = [Line(0, b"\xe9", 9), Line(10, b"\xe9", 1, is_complete=False), Line(12, b"\xe9", 1)]
    found = list(in_utf8(iter(cut), "cp1252"))
    assert found[:2] == cut[:2]
    assert found[2] == Line(12, "é".encode(), 1)


def test_a_split_file_gives_the_rows_of_the_whole(tmp_path: Path) -> None:
    content = lines(TRADITIONAL * 20, "big5")
    (tmp_path / "a").write_bytes(content)
    file = InputFile(path="a", format=Format.JSONL, source=Source.NEWS, size=len(content))

    def texts(span: tuple[int, int] | None) -> list[str]:
        part = file.model_copy(update={"span": span})
        batches = read_file(str(tmp_path), part, InputParams())
        return [text for batch in batches for text in batch.column("text").to_pylist()]

    for cut in (1, 100, len(content) // 2):
        spans = pairwise([0, cut, len(content)])
        assert [text for span in spans for text in texts(span)] == TRADITIONAL * 20
