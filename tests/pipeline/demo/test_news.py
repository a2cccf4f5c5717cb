import json
from dataclasses import replace
from email.utils import parsedate_to_datetime

import lxml.etree
import lxml.html
import pytest

from pipeline.demo.items import own_texts
from pipeline.demo.news import atom_feed, json_lines, rss_feed

ITEMS = [replace(own_texts()[name], title="A & <b>") for name in ("ferry", "ditie", "backstube")]
ATOM = {"a": "http://www.w3.org/2005/Atom"}
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"


def paragraphs(html: str) -> tuple[str, ...]:
    return tuple(lxml.html.fragment_fromstring(html, create_parent=True).xpath("./p/text()"))


def test_rss_holds_the_whole_articles():
    entries = lxml.etree.fromstring(rss_feed("N & M", "news.example", ITEMS)).findall(".//item")
    assert [paragraphs(entry.findtext(CONTENT)) for entry in entries] == [
        item.paragraphs for item in ITEMS
    ]
    assert entries[0].findtext("title") == "A & <b>"
    assert parsedate_to_datetime(entries[0].findtext("pubDate")) == ITEMS[0].published
    assert entries[1].findtext("guid") == "https://news.example/zh/ditie"


def test_atom_holds_the_whole_articles():
    tree = lxml.etree.fromstring(atom_feed("N", "news.example", ITEMS))
    found = tree.xpath("//a:entry/a:content[@type='html']/text()", namespaces=ATOM)
    assert [paragraphs(html) for html in found] == [item.paragraphs for item in ITEMS]


def test_only_the_last_line_of_json_is_broken():
    *lines, last = json_lines("news.example", ITEMS).decode().splitlines()
    assert [json.loads(line)["maintext"] for line in lines] == [item.text() for item in ITEMS]
    with pytest.raises(json.JSONDecodeError):
        json.loads(last)


def test_a_garbled_article_is_utf8_read_as_windows_1252():
    line = json_lines("news.example", [replace(ITEMS[2], form="garbled")]).decode().splitlines()[0]
    garbled = json.loads(line)["maintext"]
    assert "Ã" in garbled and garbled.encode("cp1252").decode() == ITEMS[2].text()
