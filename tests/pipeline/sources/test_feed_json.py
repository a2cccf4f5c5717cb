import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pipeline.sources.conftest import ReadDump, rows_of, state

FEED: dict[str, Any] = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Tea news",
    "language": "de",
    "authors": [{"name": "Ada"}, {"url": "https://example.org"}],
    "items": [
        {
            "id": "urn:1",
            "url": "https://example.org/1",
            "title": "Regen & Wind",
            "content_html": "<p>Es regnet <b>sehr</b>.</p><p>Der Wind &ndash; er weht.</p>",
            "content_text": "short",
            "date_published": "2017-03-06T05:02:06+01:00",
        },
        {
            "id": 2,
            "content_text": "a < b\n\nnext",
            "language": "en",
            "author": {"name": "Bo"},
            "external_url": "https://example.org/2",
        },
        {"id": "3", "title": "No body"},
    ],
}


@pytest.mark.parametrize("indent", [None, 2])
def test_items_are_documents(read_dump: ReadDump, indent: int | None) -> None:
    first, second, third = read_dump("a.json", json.dumps(FEED, indent=indent).encode())
    assert first["text"] == "Regen & Wind\n\nEs regnet sehr.\n\nDer Wind – er weht."
    assert (first["title"], first["author"], first["language_hint"]) == (
        "Regen & Wind",
        "Ada",
        "de",
    )
    assert (first["url"], first["source_key"]) == ("https://example.org/1", "urn:1")
    assert first["published"].isoformat() == "2017-03-06T04:02:06+00:00"
    assert (first["format"], first["source"]) == ("feed", "news")
    assert second["text"] == "a < b\n\nnext"
    assert (second["author"], second["language_hint"], second["source_key"]) == ("Bo", "en", "2")
    assert second["url"] == "https://example.org/2"
    assert third["text"] == "No body"
    assert [row["record_offset"] for row in (first, second, third)] == [0, 1, 2]


def test_other_orders_marks_and_escapes(read_dump: ReadDump) -> None:
    text = json.dumps(
        {"items": FEED["items"], "version": "https://jsonfeed.org/version/1"}, indent=1
    )
    (row, *_) = read_dump("a.json", b"\xef\xbb\xbf" + text.replace("/", "\\/").encode())
    assert (row["format"], row["author"]) == ("feed", None)


def test_where_the_json_breaks_the_items_before_stand(read_dump: ReadDump) -> None:
    whole = json.dumps(FEED, indent=2)
    rows = read_dump("a.json", whole[: whole.index('"No body"')].encode())
    assert [state(row) for row in rows] == ["text", "text", "error"]
    assert rows[2]["error"].startswith("broken JSON: ")


def test_what_is_no_item_is_a_row(read_dump: ReadDump) -> None:
    rows = read_dump("a.json", json.dumps(FEED | {"items": ["x", {"id": "1"}, None]}).encode())
    assert [state(row) for row in rows] == ["error", "empty_text", "error"]
    (row,) = read_dump("a.json", json.dumps(FEED | {"items": {}}).encode())
    assert state(row) == "empty_feed"


@settings(max_examples=60)
@given(data=st.data())
def test_any_damage_ends_in_rows(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(json.dumps(FEED, indent=1).encode())
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(60, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(60, len(content)))
    path = tmp_path_factory.mktemp("feed") / "a.rss"
    path.write_bytes(bytes(content[:cut]))
    assert rows_of(path)


def test_addresses_are_those_meant(read_dump: ReadDump) -> None:
    items = [
        {"id": "https://a.example/1", "title": "a"},
        {"id": "2", "url": "/2", "title": "b"},
        {"id": "3", "title": "c"},
    ]
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": items}
    feed["home_page_url"] = "https://b.example/x/"
    rows = read_dump("a.json", json.dumps(feed).encode())
    urls = [row["url"] for row in rows]
    assert urls == ["https://a.example/1", "https://b.example/2", None]
