import io
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources import json_values
from pipeline.sources.json_values import Framing, find_framing, has_plain_lines, open_values
from pipeline.sources.lines import Line
from tests.pipeline.sources.conftest import ReadDump, state

OBJECTS = [{"id": n, "text": f'{n}: "a" {{b}} [c] \\', "more": {"x": [{}]}} for n in range(5)]


def values(content: bytes, max_bytes: int = 1 << 20) -> list[Line]:
    return list(open_values(io.BytesIO(content), max_bytes)[1])


@pytest.mark.parametrize(
    ("head", "framing"),
    [
        (b"\xef\xbb\xbf\n[\n {", Framing.ARRAY),
        (b"[]", Framing.ARRAY),
        (b"[1]\n{}", Framing.LINES),
        (b"\x1e{}", Framing.RECORDS),
        (b"", Framing.LINES),
    ],
)
def test_framings(head: bytes, framing: Framing) -> None:
    assert find_framing(head) is framing


def test_only_plain_lines_may_be_cut() -> None:
    assert has_plain_lines(b'{"text": "a"}\n')
    assert not has_plain_lines(b'[{"text": "a"}\n')
    assert not has_plain_lines('{"text": "a"}\n{"text": "b"}\n'.encode("utf-16-le"))


@given(
    st.lists(st.dictionaries(st.text(max_size=4), st.text(max_size=9), max_size=3), max_size=4),
    st.sampled_from([None, 1]),
    st.integers(1, 9),
)
def test_objects_of_an_array_at_their_places(
    objects: list[dict[str, str]], indent: int | None, chunk: int
) -> None:
    content = json.dumps(objects, indent=indent, ensure_ascii=False).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_values, "_CHUNK", chunk)
        found = values(content)
    assert [json.loads(line.bytes) for line in found] == objects
    for line in found:
        assert content[line.offset : line.offset + line.size] == line.bytes


def test_what_is_no_object_is_told(read_dump: ReadDump) -> None:
    stray = '[{"text": "a b"}, null, {"text": "c d"} 5, "x{", {"text": "e f"}]'
    rows = read_dump("a.jsonl", stray.encode())
    assert [row["text"] for row in rows] == ["a b", None, "c d", None, "e f"]
    assert "line is no JSON object" in rows[1]["error"]
    assert rows[3]["record_offset"] == stray.index("5")


@pytest.mark.parametrize(
    ("content", "last"),
    [
        (b'[{"text": "a b"}, {"text": "c d"}', "a JSON array that is not closed (byte 33)"),
        (b'[{"text": "a b"}, {"text": "c', "broken JSON: Unterminated string"),
        (b'[{"text": "a b"}, {"text": "c "d"}]', "broken JSON"),
    ],
)
def test_an_array_that_breaks_keeps_what_is_before(
    read_dump: ReadDump, content: bytes, last: str
) -> None:
    rows = read_dump("a.jsonl", content)
    assert rows[0]["text"] == "a b" and last in rows[-1]["error"]


@pytest.mark.parametrize("indent", [None, 0, 1, 2])
@pytest.mark.parametrize("defect", ['c "d', "c\\", 'c {"d'])
def test_a_broken_object_costs_no_other(
    read_dump: ReadDump, indent: int | None, defect: str
) -> None:
    objects = [{"text": f"text {n}", "more": {"x": {"y": [1]}}} for n in range(5)]
    pieces = [json.dumps(each, indent=indent) for each in objects]
    pieces[2] = pieces[2].replace("text 2", defect)
    margin = " " * (indent or 0)
    joined = ",\n".join(piece.replace("\n", "\n" + margin) for piece in pieces)
    content = "[\n" + "\n".join(margin + line for line in [joined]) + "\n]"
    content = content.replace(",\n{", f",\n{margin}{{")
    rows = read_dump("a.jsonl", content.encode())
    assert [row["text"] for row in rows] == ["text 0", "text 1", None, "text 3", "text 4"]
    assert "broken JSON" in rows[2]["error"]


@pytest.mark.parametrize("margin", ["", "  "])
def test_a_broken_object_costs_no_other_wherever_pieces_end(
    monkeypatch: pytest.MonkeyPatch, margin: str
) -> None:
    objects = [f'{margin}{{"n": {n}}}' for n in range(4)]
    objects[1] = f'{margin}{{"n": "never closed}}'
    content = ("[\n" + ",\n".join(objects) + "\n]\n").encode()
    whole = list(values(content, 1000))
    assert [line.bytes for line in whole if b"never" not in line.bytes] == [
        objects[n].strip().encode() for n in (0, 2, 3)
    ]
    for size in range(1, len(content)):
        monkeypatch.setattr(json_values, "_CHUNK", size)
        assert list(values(content, 1000)) == whole


def test_a_large_object_does_not_stop_the_others() -> None:
    content = json.dumps([{"a": "x" * 5000}, {"b": 1}]).encode()
    first, second = values(content, 1000)
    assert (len(first.bytes), first.size, second.bytes) == (1000, 5009, b'{"b": 1}')


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("framing", list(Framing))
def test_documents_in_each_framing(read_dump: ReadDump, encoding: str, framing: Framing) -> None:
    lines = [json.dumps(each) for each in OBJECTS]
    content = {
        Framing.LINES: "\n".join(lines),
        Framing.ARRAY: json.dumps(OBJECTS, indent=2),
        Framing.RECORDS: "".join(f"\x1e{json.dumps(each, indent=1)}\n" for each in OBJECTS),
    }[framing]
    rows = read_dump("news/a.json", content.encode(encoding))
    assert [(row["source_key"], row["text"]) for row in rows] == [
        (str(each["id"]), each["text"]) for each in OBJECTS
    ]


@pytest.mark.parametrize(
    "damage", [b"\xff\xfe", b"\xfe\xff", b"\x1e", b"x", b"[", b"\xef\xbb\xbf["]
)
def test_a_damage_at_the_beginning_costs_the_first_line_alone(
    read_dump: ReadDump, damage: bytes
) -> None:
    content = b"".join(b'{"text": "text %d"}\n' % n for n in range(5))
    rows = read_dump("a.jsonl", damage + content[len(damage) :])
    assert [row["text"] for row in rows[-4:]] == [f"text {n}" for n in range(1, 5)]


def test_reddit_in_an_array(read_dump: ReadDump) -> None:
    post = {"id": "a1", "subreddit": "tea", "body": "Green tea.", "author": "x"}
    (row,) = read_dump("a.json", json.dumps([post]).encode())
    assert (row["format"], row["text"], state(row)) == ("reddit", "Green tea.", "text")


@pytest.mark.parametrize("piece", [b"{", b"}", b'"', b"\\", b'{"', b"[{},", b"{}", b"]", b"\x1e"])
def test_time_is_linear(piece: bytes) -> None:
    started = time.process_time()
    for _ in values(b"[{" + piece * 300_000, 1 << 16):
        pass
    assert time.process_time() - started < 4
