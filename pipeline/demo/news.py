"""News as RSS, as Atom and as JSON lines."""

import json
from collections.abc import Iterable
from email.utils import format_datetime
from html import escape

from pipeline.demo.items import Item

_RSS = """\
<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" \
xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel>
<title>{title}</title>
<link>{site}</link>
<description>News of the demo</description>
<language>en</language>
{entries}</channel>
</rss>
"""
_RSS_ITEM = """\
<item>
<title>{title}</title>
<link>{address}</link>
<guid isPermaLink="true">{address}</guid>
<dc:creator>Desk</dc:creator>
<pubDate>{date}</pubDate>
<description>{summary}</description>
<content:encoded><![CDATA[{html}]]></content:encoded>
</item>
"""
_ATOM = """\
<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
<title>{title}</title>
<id>{site}</id>
<link rel="alternate" href="{site}"/>
<updated>2024-06-01T00:00:00Z</updated>
{entries}</feed>
"""
_ATOM_ENTRY = """\
<entry xml:lang="{language}">
<title>{title}</title>
<id>{address}</id>
<link rel="alternate" href="{address}"/>
<published>{date}</published>
<updated>{date}</updated>
<author><name>Desk</name></author>
<summary>{summary}</summary>
<content type="html">{html}</content>
</entry>
"""


def rss_feed(title: str, host: str, items: Iterable[Item]) -> bytes:
    """A feed in RSS 2.0 with whole articles."""
    entries = "".join(
        _RSS_ITEM.format(
            title=escape(item.title),
            address=f"https://{host}/{item.language}/{item.name}",
            date=format_datetime(item.published),
            summary=escape(item.paragraphs[0][:120]),
            html=_html(item),
        )
        for item in items
    )
    return _RSS.format(title=escape(title), site=f"https://{host}/", entries=entries).encode()


def atom_feed(title: str, host: str, items: Iterable[Item]) -> bytes:
    """A feed in Atom 1.0 with whole articles."""
    entries = "".join(
        _ATOM_ENTRY.format(
            language=item.language,
            title=escape(item.title),
            address=f"https://{host}/{item.language}/{item.name}",
            date=item.published.strftime("%Y-%m-%dT%H:%M:%SZ"),
            summary=escape(item.paragraphs[0][:120]),
            html=escape(_html(item)),
        )
        for item in items
    )
    return _ATOM.format(title=escape(title), site=f"https://{host}/", entries=entries).encode()


def json_lines(host: str, items: Iterable[Item]) -> bytes:
    """One object per line, in the columns of common news crawlers; the last line is cut off."""
    lines = []
    for item in items:
        text = item.text()
        if item.form == "garbled":
            text = text.encode().decode("cp1252")
        record = {
            "id": item.name,
            "url": f"https://{host}/{item.language}/{item.name}",
            "title": item.title,
            "maintext": text,
            "date_publish": item.published.strftime("%Y-%m-%d %H:%M:%S"),
            "language": item.language,
        }
        lines.append(json.dumps(record, ensure_ascii=False))
    return ("\n".join(lines) + "\n" + lines[0][:200] + "\n").encode()


def _html(item: Item) -> str:
    return "".join(f"<p>{escape(paragraph)}</p>" for paragraph in item.paragraphs)
