"""Crawls, read back with FastWARC and lxml."""

import io
from collections import Counter
from dataclasses import replace
from typing import Any

import lxml.html
import pytest
from fastwarc.warc import ArchiveIterator

from pipeline.demo.items import Item, own_texts
from pipeline.demo.web import page_html, warc_file

ITEMS = [own_texts()[name] for name in ("hebian", "moulin", "ginza", "faro")]


def records(content: bytes) -> list[tuple[str, str, bytes, dict[str, str]]]:
    """Type, address, HTTP body and HTTP headers of each record."""
    found = []
    for record in ArchiveIterator(io.BytesIO(content), parse_http=True):
        headers = dict(record.http_headers.astuples()) if record.http_headers else {}
        address = record.headers.get("WARC-Target-URI", "")
        found.append((record.headers["WARC-Type"], address, record.reader.read(), headers))
    return found


def with_form(form: str, **changes: Any) -> Item:
    return replace(ITEMS[0], form=form, **changes)


def test_digests_of_all_records_hold():
    content = warc_file("a.warc.gz", ITEMS, requested={"moulin"})
    for record in ArchiveIterator(io.BytesIO(content), parse_http=False):
        assert record.verify_block_digest(), record.headers["WARC-Target-URI"]


def test_a_crawl_begins_with_its_facts_and_holds_the_wanted_requests():
    kinds = [kind for kind, *_ in records(warc_file("a.warc.gz", ITEMS, requested={"moulin"}))]
    assert kinds[0] == "warcinfo"
    assert Counter(kinds) == {"warcinfo": 1, "request": 1, "response": 4}


def test_a_page_surrounds_its_text_with_navigation_and_notices():
    tree = lxml.html.document_fromstring(page_html(ITEMS[1], ITEMS[:1]))
    for expected in ("//nav//a", "//div[@class='cookie']", "//aside//a", "//footer", "//script"):
        assert tree.xpath(expected), expected
    assert tuple(tree.xpath("//article/p[not(@class)]/text()")) == ITEMS[1].paragraphs


def test_chinese_pages_have_chinese_surroundings():
    assert "隐私政策" in page_html(ITEMS[0])


def test_text_is_escaped():
    item = replace(ITEMS[0], title="<i>", paragraphs=("1 < 2 & <b>",))
    page = page_html(item)
    assert "<h1>&lt;i&gt;</h1>" in page and "<p>1 &lt; 2 &amp; &lt;b&gt;</p>" in page


def test_a_page_in_gb18030_declares_what_such_pages_declare():
    [_, (_, _, body, _)] = records(warc_file("a", [replace(ITEMS[0], encoding="gb18030")]))
    assert b'charset="gb2312"' in body
    with pytest.raises(UnicodeDecodeError):
        body.decode()
    assert ITEMS[0].paragraphs[0] in body.decode("gb18030")


def test_a_compressed_page_is_compressed_and_chunked():
    [_, (_, _, body, headers)] = records(warc_file("a", [with_form("compressed")]))
    assert headers["Content-Encoding"] == "gzip" and headers["Transfer-Encoding"] == "chunked"
    assert ITEMS[0].paragraphs[0].encode() not in body  # FastWARC takes off the chunks alone


@pytest.mark.parametrize(
    ("form", "kind", "status"),
    [("missing", "response", 404), ("picture", "response", 200), ("revisit", "revisit", 304)],
)
def test_what_is_no_page_says_so(form, kind, status):
    content = warc_file("a", [with_form(form)])
    [_, record] = list(ArchiveIterator(io.BytesIO(content), parse_http=True))
    assert record.headers["WARC-Type"] == kind
    assert record.http_headers.status_code == status
    if form == "picture":
        assert record.http_content_type == "image/png"
        assert records(content)[1][2].startswith(b"\x89PNG")


def test_a_menu_page_has_links_and_no_paragraph():
    item = with_form("menu", paragraphs=("",))
    tree = lxml.html.document_fromstring(page_html(item))
    assert len(tree.xpath("//a")) > 100 and not tree.xpath("//article/p[not(@class)]")


def test_a_cut_file_loses_a_part_of_its_last_record_only():
    whole, cut = (warc_file("a", ITEMS, cut=cut) for cut in (False, True))
    assert whole.startswith(cut) and len(cut) < len(whole)
    assert len(cut) > len(warc_file("a", ITEMS[:-1]))


def test_the_same_page_is_the_same_record_wherever_it_stands():
    first, second = (warc_file("a", items) for items in (ITEMS[:2], ITEMS[1::-1]))
    assert records(first)[1] == records(second)[2]
    assert records(first)[2] == records(second)[1]
