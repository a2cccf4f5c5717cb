import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pipeline.sources.conftest import ReadDump, rows_of, state

RSS = """<?xml version="1.0" encoding="{encoding}"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
     xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>News</title>
<language>de</language>
<item><title>Regen &amp; Wind für alle</title><link>https://example.org/1</link>
<dc:creator>Ada Müller</dc:creator><pubDate>Mon, 06 Mar 2017 05:02:06 +0100</pubDate>
<guid>urn:1</guid><description>Kurz.</description>
<content:encoded><![CDATA[<p>Es regnet <b>sehr</b>.</p>
<p>Der Wind &ndash; er weht.</p>]]></content:encoded>
</item>
<item><title>Zwei</title><description>&lt;p&gt;Nur kurz&lt;/p&gt;</description></item>
</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fr"><title>Nouvelles</title>
<entry><title type="html">Le th&amp;#233;</title><id>tag:1</id>
<link rel="self" href="https://example.org/self"/><link href="https://example.org/a"/>
<author><name>Jean</name></author><updated>2017-03-06T04:02:06Z</updated>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Un.</p><p>Deux.</p></div></content>
</entry></feed>"""
RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="x"><title>T</title><items><rdf:Seq/></items></channel>
<item rdf:about="1"><title>One</title><link>https://example.org/1</link>
<description>Long ago.</description><dc:date>2017-03-06</dc:date></item></rdf:RDF>"""


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "windows-1252", "utf-16"])
def test_rss_in_several_encodings(read_dump: ReadDump, encoding: str) -> None:
    first, second = read_dump("a.xml", RSS.format(encoding=encoding).encode(encoding))
    assert first["text"] == "Regen & Wind für alle\n\nEs regnet sehr.\n\nDer Wind – er weht."
    assert (first["title"], first["author"]) == ("Regen & Wind für alle", "Ada Müller")
    assert (first["url"], first["source_key"]) == ("https://example.org/1", "urn:1")
    assert first["published"].isoformat() == "2017-03-06T04:02:06+00:00"
    assert (first["language_hint"], first["source"], first["format"]) == ("de", "news", "feed")
    assert second["text"] == "Zwei\n\nNur kurz"
    assert [row["record_offset"] for row in (first, second)] == [0, 1]


def test_the_author_of_a_feed_is_that_of_items_without_one(read_dump: ReadDump) -> None:
    other = "<entry><title>B</title><id>tag:2</id><summary>Trois.</summary></entry>"
    whose = "<author><name>La r\u00e9daction</name></author>"
    feed = ATOM.replace("<entry>", whose + "<entry>", 1).replace("</feed>", other + "</feed>")
    assert [row["author"] for row in read_dump("a.atom", feed.encode())] == [
        "Jean",
        "La r\u00e9daction",
    ]


def test_what_a_feed_says_of_its_items_holds_behind_a_break(read_dump: ReadDump) -> None:
    item = "<item><title>T</title><link>/{0}</link><description>Text {0}.</description></item>"
    broken = "<item><title>Un<closed></item>"
    feed = f"<rss><channel><link>https://x.org/</link>{item.format(1)}{broken}{item.format(2)}"
    rows = read_dump("a.rss", (feed + "</channel></rss>").encode())
    assert [row["url"] for row in rows] == ["https://x.org/1", None, "https://x.org/2"]


def test_atom_with_xhtml(read_dump: ReadDump) -> None:
    (row,) = read_dump("a.atom", ATOM.encode())
    assert row["text"] == "Le thé\n\nUn.\n\nDeux."
    assert (row["url"], row["author"]) == ("https://example.org/a", "Jean")
    assert (row["language_hint"], row["source_key"]) == ("fr", "tag:1")
    assert row["published"].isoformat() == "2017-03-06T04:02:06+00:00"


def test_atom_says_what_its_content_is(read_dump: ReadDump) -> None:
    packed = base64.b64encode("<p>Drei für <i>alle</i></p>".encode()).decode()
    entry = "<entry><title>t</title><content {}>{}</content></entry>"
    entries = (
        entry.format('type="text"', "a &lt;b&gt; c")
        + entry.format('type="html"', "a &lt;b&gt;c&lt;/b&gt;")
        + entry.format('mode="base64"', packed)
        + entry.format('mode="base64"', "?")
    )
    rows = read_dump("a.atom", f'<feed version="0.3">{entries}</feed>'.encode())
    texts = [row["text"] for row in rows]
    assert texts == ["t\n\na <b> c", "t\n\na c", "t\n\nDrei für alle", "t"]


def test_rdf(read_dump: ReadDump) -> None:
    (row,) = read_dump("a.rdf.xml", RDF.encode())
    assert row["text"] == "One\n\nLong ago."
    assert row["published"].isoformat() == "2017-03-06T00:00:00+00:00"


def test_where_the_xml_breaks_the_items_before_stand(read_dump: ReadDump) -> None:
    content = RSS.format(encoding="utf-8").encode()
    rows = read_dump("a.xml", content[: content.index(b"<title>Zwei")])
    assert [state(row) for row in rows] == ["text", "error"]
    assert rows[1]["error"].startswith("broken XML: ")
    rows = read_dump("a.xml", content.replace(b"<title>Zwei</title>", b"<title>Zwei</item>"))
    assert [state(row) for row in rows] == ["text", "error"]


def test_what_feed_readers_forgive_is_forgiven(read_dump: ReadDump) -> None:
    content = (
        b"\n<rss><channel><item><title>AT&T &nbsp; &eacute;t\xc3\xa9 \x0f&#x0f;&#11;</title>"
        b"<description>a&b</description></item></channel></rss>"
    )
    (row,) = read_dump("a.xml", content)
    assert row["title"] == "AT&T été"
    assert row["text"].endswith("a&b")


@pytest.mark.parametrize(
    "attack",
    [
        '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY x "' + "&a;" * 50 + '">]>',
        '<!DOCTYPE rss SYSTEM "file:///etc/passwd">',
    ],
)
def test_entities_are_neither_fetched_nor_expanded(read_dump: ReadDump, attack: str) -> None:
    item = "<item><title>t</title><description>&x;end</description></item>"
    content = f"{attack}<rss><channel>{item}</channel></rss>"
    rows = read_dump("a.xml", content.encode())
    assert all("root:" not in (row["text"] or "") for row in rows)
    assert all("haha" not in (row["text"] or "") for row in rows)


def test_a_feed_without_items_is_one_skipped_record(read_dump: ReadDump) -> None:
    (row,) = read_dump("a.xml", b"<rss><channel><title>t</title></channel></rss>")
    assert state(row) == "empty_feed"


def test_an_item_of_a_title_alone_has_that_text(read_dump: ReadDump) -> None:
    item = b"<item><title>Only this</title></item><item></item>"
    rows = read_dump("a.xml", b"<rss><channel>" + item + b"</channel></rss>")
    assert [row["text"] for row in rows] == ["Only this", None]
    assert state(rows[1]) == "empty_text"


@given(data=st.data())
def test_any_damage_ends_in_rows(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(RSS.format(encoding="utf-8").encode())
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(150, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("feed") / "a.rss"
    path.write_bytes(bytes(content))
    assert rows_of(path)


@pytest.mark.shared
def test_the_real_feeds(shared_data: Path) -> None:
    rows = rows_of(shared_data / "news/feeds")
    assert len({row["source_file"] for row in rows}) == 49
    texts = [row for row in rows if state(row) == "text"]
    assert len(texts) > 1100
    assert sum(row["published"] is not None for row in texts) > 0.8 * len(texts)
    assert sum(row["url"] is not None for row in texts) > 0.9 * len(texts)
    leftovers = [row for row in texts if "</" in row["text"] or "<![CDATA[" in row["text"]]
    assert len(leftovers) < 0.01 * len(texts)


def test_addresses_are_those_meant(read_dump: ReadDump) -> None:
    items = (
        "<item><title>a</title><link>/1</link></item>"
        "<item><title>b</title><guid>https://mill.example/2</guid></item>"
        '<item><title>c</title><guid isPermaLink="false">https://mill.example/3</guid></item>'
        "<item><title>d</title><link>//other.example/4</link></item>"
    )
    channel = f"<channel><link>https://mill.example/news/</link>{items}</channel>"
    rows = read_dump("a.rss", f'<rss version="2.0">{channel}</rss>'.encode())
    assert [row["url"] for row in rows] == [
        "https://mill.example/1",
        "https://mill.example/2",
        None,
        "https://other.example/4",
    ]
    entries = '<entry><title>a</title><link href="1"/></entry>'
    entries += '<entry xml:base="https://b.example/"><title>b</title><link href="2"/></entry>'
    feed = f'<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://a.example/x/">{entries}'
    rows = read_dump("b/b.atom", f"{feed}</feed>".encode())
    assert [row["url"] for row in rows if row["source_file"] == "b/b.atom"] == [
        "https://a.example/x/1",
        "https://b.example/2",
    ]


def test_a_relative_link_of_an_item_is_no_base(read_dump: ReadDump) -> None:
    items = "".join(f"<item><title>{name}</title><link>{name}</link></item>" for name in "ab")
    rows = read_dump("a.rss", f'<rss version="2.0"><channel>{items}</channel></rss>'.encode())
    assert [row["url"] for row in rows] == ["a", "b"]


def test_what_goes_with_an_article_does_not_replace_it(read_dump: ReadDump) -> None:
    attached = (
        "<m:title>A boat</m:title><itunes:title>Short</itunes:title><itunes:author>Radio"
        "</itunes:author><m:content url='i.jpg'><m:credit>Agency</m:credit></m:content>"
        "<m:description>The picture.</m:description><itunes:summary>Episode.</itunes:summary>"
        "<m:license>CC0</m:license>"
    )
    spaces = (
        'xmlns:m="http://search.yahoo.com/mrss/" '
        'xmlns:itunes="http://www.itunes.com/DTDs/Podcast-1.0.dtd"'
    )
    own = "<title>Flood</title><author>Ada</author><description>The river rose.</description>"
    feed = f"<rss {spaces}><channel><item>{attached}{own}</item><item>{attached}</item>"
    article, alone = read_dump("a.xml", f"{feed}</channel></rss>".encode())
    assert (article["title"], article["text"]) == ("Flood", "Flood\n\nThe river rose.")
    assert (article["author"], article["licence"]) == ("Ada", None)
    # Where an item has nothing else, they tell of it.
    assert (alone["author"], alone["text"]) == ("Radio", "A boat\n\nEpisode.")


def test_a_feed_with_namespaces_without_end_is_one_unreadable_record(read_dump: ReadDump) -> None:
    many = " ".join(f'xmlns:a{i}="urn:{i}"' for i in range(5_000))
    feed = f"<rss {many}><channel>{'<item><title>a</title></item>' * 500}</channel></rss>"
    (row,) = read_dump("a.xml", feed.encode())
    assert "more than 16,384 characters of namespaces" in row["error"]
    few = " ".join(f'xmlns:a{i}="urn:{i}"' for i in range(100))
    rows = read_dump("b.xml", feed.replace(many, few).encode())
    assert [row["error"] for row in rows if row["source_file"] == "b.xml"] == [None] * 500


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16"])
@pytest.mark.parametrize("declared", ["", "utf-16", "utf-8"])
def test_utf_16_without_a_mark(read_dump: ReadDump, encoding: str, declared: str) -> None:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>\n' if declared else ""
    item = "<item><title>茶の本</title><description>お茶を飲む。</description></item>"
    (row,) = read_dump(
        "a.rss", f"{declaration}<rss><channel>{item}</channel></rss>".encode(encoding)
    )
    assert (row["title"], row["text"]) == ("茶の本", "茶の本\n\nお茶を飲む。")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16"])
def test_a_json_feed_in_utf_16(read_dump: ReadDump, encoding: str) -> None:
    item = {"id": "1", "content_text": "お茶を飲む。"}
    feed = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [item]})
    (row,) = read_dump("feeds/a.json", feed.encode(encoding))
    assert row["text"] == "お茶を飲む。"
