import time

import pytest

from pipeline.sources.feed_recovery import bind_prefixes, items_alone
from tests.pipeline.sources.conftest import ReadDump, state

HEAD = '<rss xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><language>fr</language>'


def item(number: int, more: str = "") -> str:
    words = f"<title>t{number}</title><dc:creator>Ada</dc:creator><description>d{number}"
    return f"<item>{words}</description>{more}</item>"


def test_items_behind_a_broken_one_are_read(read_dump: ReadDump) -> None:
    feed = f"{HEAD}{item(0)}{item(1, '</b>')}{item(2)}{item(3, '<b>')}{item(4)}</channel></rss>"
    rows = read_dump("a.rss", feed.encode())
    assert [state(row) for row in rows] == ["text", "error", "text", "error", "text"]
    assert [row["title"] for row in rows] == ["t0", None, "t2", None, "t4"]
    assert rows[4]["author"] == "Ada"
    assert {row["language_hint"] for row in rows if row["text"]} == {"fr"}


def test_a_break_outside_the_items_is_one_more_row(read_dump: ReadDump) -> None:
    for feed in (f"{HEAD}</x>{item(0)}{item(1)}</channel></rss>", f"{HEAD}{item(0)}{item(1)}</x>"):
        rows = read_dump("a.rss", feed.encode())
        assert [state(row) for row in rows] == ["text", "text", "error"]


def test_what_only_looks_like_an_item_is_none(read_dump: ReadDump) -> None:
    quoted = "<content><![CDATA[<item>no<!--</item>]]></content><!-- <item> -->"
    rows = read_dump("a.rss", f"{HEAD}{item(0, quoted)}{item(1, '</b>')}{item(2)}".encode())
    assert [state(row) for row in rows] == ["text", "error", "text"]
    assert [row["title"] for row in rows] == ["t0", None, "t2"]


@pytest.mark.parametrize("after", ["", "</item>", item(3)])
def test_an_item_that_is_not_closed_gives_each_item_once(read_dump: ReadDump, after: str) -> None:
    unclosed = item(1).removesuffix("</item>")
    feed = f"{HEAD}{item(0)}{unclosed}{item(2)}{after}</channel></rss>"
    rows = read_dump("a.rss", feed.encode())
    titles = ["t0", "t1", "t2", *(["t3"] if after == item(3) else [])]
    assert [row["title"] for row in rows] == [*titles, None]
    assert rows[-1]["error"].startswith("broken XML")


def test_an_item_that_is_cut_off_is_not_closed(read_dump: ReadDump) -> None:
    rows = read_dump("a.rss", f"{HEAD}{item(0)}<item><title>t1</title>".encode())
    assert [state(row) for row in rows] == ["text", "error"]


def test_what_is_called_an_item_in_an_item_belongs_to_it(read_dump: ReadDump) -> None:
    parts = '<list xmlns="u:list"><item>a</item><item>b</item></list>'
    rows = read_dump("a.rss", f"{HEAD}{item(0, parts)}{item(1)}</channel></rss>".encode())
    assert [row["title"] for row in rows] == ["t0", "t1"]


def test_an_item_that_is_not_closed_ends_at_the_next() -> None:
    assert list(items_alone("<a:feed><a:entry>x<a:entry>y</a:entry></a:feed>", 0)) == [
        "<feed><a:entry>x</a:entry></feed>",
        "<feed><a:entry>y</a:entry></feed>",
    ]
    assert list(items_alone("<rss><items>x</items>", 0)) == []


@pytest.mark.parametrize(
    "piece",
    [
        "<![CDATA[",
        "<![CDATA[]]>",
        "<!-- -->",
        "<!--",
        "<item>",
        "<item ",
        "</item",
        "<a:",
        '<a:b c:d="',
        " xmlns",
    ],
)
def test_time_is_linear(piece: str) -> None:
    started = time.process_time()
    assert len(list(items_alone(piece * 100_000, 0))) <= 100_000
    bind_prefixes(piece * 100_000)
    assert time.process_time() - started < 5


def test_items_declare_what_they_use() -> None:
    feed = '<rss xmlns="u:r" xmlns:a="u:a" xmlns:b="u:b"><item><a:x c:y=""/></item></rss>'
    assert list(items_alone(feed, 0)) == [
        '<feed xmlns="u:r" xmlns:a="u:a"><item><a:x c:y=""/></item></feed>'
    ]
    many = "".join(f' xmlns:a{i}="u:{i}"' for i in range(20_000))
    started = time.process_time()
    assert len("".join(items_alone(f"<rss{many}>" + "<item>x</item>" * 20_000, 0))) < 1_000_000
    assert time.process_time() - started < 5


def test_a_break_behind_the_last_item_is_told_as_it_is(read_dump: ReadDump) -> None:
    for end, reason in [
        ("</channel></rss><!-- cached --><br>", "broken XML: Extra content at the end"),
        ("", "broken XML: Premature end of data in tag channel"),
    ]:
        rows = read_dump("a.rss", f"{HEAD}{item(0)}{item(1)}{end}".encode())
        assert [state(row) for row in rows] == ["text", "text", "error"]
        assert rows[2]["error"].startswith(reason)


def test_prefixes_that_are_not_declared_are_read(read_dump: ReadDump) -> None:
    body = "<content:encoded>Water rose.</content:encoded><x:y x:z='1'/><!-- <a:b/> -->"
    feed = f"{HEAD}{item(0, body)}{item(1, body)}</channel></rss>"
    rows = read_dump("a.rss", feed.encode())
    assert [row["text"] for row in rows] == ["t0\n\nWater rose.", "t1\n\nWater rose."]
    broken = read_dump("a.rss", feed.replace("</channel>", "</b>").encode())
    assert [row["text"] for row in broken] == ["t0\n\nWater rose.", "t1\n\nWater rose.", None]
    middle = read_dump("a.rss", f"{HEAD}{item(0, '</b>')}{item(1, body)}</channel></rss>".encode())
    assert [row["text"] for row in middle] == [None, "t1\n\nWater rose."]


def test_declared_prefixes_stay_as_they_are() -> None:
    feed = '<rss xmlns:a="u"><a:b xml:lang="x" t="c:d"/><![CDATA[<e:f>]]>g:h <i xmlns:j="v"/></rss>'
    assert bind_prefixes(feed) == feed
