import bz2
from dataclasses import replace

import lxml.etree
import mwparserfromhell

from pipeline.demo.items import Item, own_texts
from pipeline.demo.wiki import wiki_dump

SPACE = {"m": "http://www.mediawiki.org/xml/export-0.11/"}
ARTICLE = replace(own_texts()["ferry"], title="Ferries & <more>")


def pages(*items: Item) -> list[lxml.etree._Element]:
    content = bz2.decompress(wiki_dump(items, "en"))
    return lxml.etree.fromstring(content).xpath("//m:page", namespaces=SPACE)


def text_of(page: lxml.etree._Element) -> str:
    return str(page.xpath("string(m:revision/m:text)", namespaces=SPACE))


def test_an_article_has_what_surrounds_prose_in_a_wiki():
    [page] = pages(ARTICLE)
    code = mwparserfromhell.parse(text_of(page))
    assert [str(template.name).strip() for template in code.filter_templates()] == [
        "Infobox demo",
        "Reflist",
    ]
    assert len(code.filter_headings()) == 3 and len(code.filter_wikilinks()) >= 3
    assert "{|" in text_of(page) and "<ref" in text_of(page)


def test_no_paragraph_is_lost():
    [page] = pages(ARTICLE)
    plain = mwparserfromhell.parse(text_of(page)).strip_code()
    for paragraph in ARTICLE.paragraphs[1:]:
        assert paragraph in plain


def test_titles_are_escaped_and_kept():
    assert pages(ARTICLE)[0].findtext("m:title", namespaces=SPACE) == "Ferries & <more>"


def test_redirects_and_talk_pages_are_marked_as_such():
    redirect, talk = pages(
        Item("Old name", "en", "", ("",), form="redirect"),
        Item("Talk:Ferries", "en", "", ("",), form="talk"),
    )
    assert redirect.find("m:redirect", namespaces=SPACE).get("title") == "Comparisons"
    assert text_of(redirect).startswith("#REDIRECT [[")
    assert talk.findtext("m:ns", namespaces=SPACE) == "1"


def test_a_table_of_numbers_holds_nothing_else():
    [page] = pages(Item("levels", "en", "Levels", ("",), form="numbers"))
    words = mwparserfromhell.parse(text_of(page)).strip_code().split()
    assert sum(word.replace(".", "").replace("-", "").isdigit() for word in words) > 0.8 * len(
        words
    )
