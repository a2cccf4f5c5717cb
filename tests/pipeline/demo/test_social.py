import io
import json
from typing import Any

import zstandard

from pipeline.demo.items import Item
from pipeline.demo.social import comments_dump, post_id, submissions_dump

ITEMS = [
    Item("one", "en", "A & B", ("1 < 2 & 3 > 2",)),
    Item("two", "zh", "标题", ("很好。", "第二段。")),
    Item("gone", "en", "", ("[deleted]",)),
]


def read(content: bytes) -> list[dict[str, Any]]:
    decompressor = zstandard.ZstdDecompressor(max_window_size=1 << 31)
    return [
        json.loads(line)
        for line in io.TextIOWrapper(decompressor.stream_reader(io.BytesIO(content)), "utf-8")
    ]


def test_a_dump_needs_the_long_window():
    assert zstandard.get_frame_parameters(comments_dump(ITEMS)).window_size == 1 << 31


def test_comments_are_escaped_as_in_the_dumps():
    posts = read(comments_dump(ITEMS))
    assert [post["body"] for post in posts] == [
        "1 &lt; 2 &amp; 3 &gt; 2",
        "很好。\n\n第二段。",
        "[deleted]",
    ]
    assert posts[2]["author"] == "[deleted]" != posts[0]["author"]
    assert posts[0]["id"] == post_id("one")
    assert posts[0]["created_utc"] == int(ITEMS[0].published.timestamp())


def test_submissions_have_title_and_text():
    post = read(submissions_dump(ITEMS))[0]
    assert (post["title"], post["selftext"]) == ("A &amp; B", "1 &lt; 2 &amp; 3 &gt; 2")


def test_identifiers_are_in_base_36_and_differ():
    names = {post_id(f"name {i}") for i in range(500)}
    assert len(names) == 500
    assert all(name.isalnum() and name == name.lower() and len(name) == 7 for name in names)
