"""A wiki as the export of MediaWiki, compressed with bzip2."""

import bz2
from collections.abc import Iterable
from html import escape

from pipeline.demo.items import Item, number_of

_SITE = """\
<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xsi:schemaLocation="http://www.mediawiki.org/xml/export-0.11/ \
http://www.mediawiki.org/xml/export-0.11.xsd" version="0.11" xml:lang="{language}">
  <siteinfo>
    <sitename>Demowiki</sitename>
    <dbname>demowiki</dbname>
    <base>https://{language}.demowiki.example/wiki/Main_Page</base>
    <generator>MediaWiki 1.42.0-wmf.1</generator>
    <case>first-letter</case>
    <namespaces>
      <namespace key="0" case="first-letter" />
      <namespace key="1" case="first-letter">Talk</namespace>
      <namespace key="10" case="first-letter">Template</namespace>
      <namespace key="14" case="first-letter">Category</namespace>
    </namespaces>
  </siteinfo>
"""
_PAGE = """\
  <page>
    <title>{title}</title>
    <ns>{namespace}</ns>
    <id>{page}</id>
{redirect}    <revision>
      <id>{revision}</id>
      <timestamp>{timestamp}</timestamp>
      <contributor>
        <username>Demo editor</username>
        <id>7</id>
      </contributor>
      <model>wikitext</model>
      <format>text/x-wiki</format>
      <text bytes="{size}" xml:space="preserve">{text}</text>
    </revision>
  </page>
"""
_CHROME = {
    "en": ("Overview", "See also", "References", "Category:Demo articles", "Kind"),
    "zh": ("概述", "参见", "参考文献", "Category:演示条目", "类型"),
}


def wiki_dump(items: Iterable[Item], language: str) -> bytes:
    """``<wiki>-<date>-pages-articles.xml.bz2`` with one page per item."""
    pages = [_page(item, number) for number, item in enumerate(items, start=10)]
    text = _SITE.format(language=language) + "".join(pages) + "</mediawiki>\n"
    return bz2.compress(text.encode())


def _page(item: Item, number: int) -> str:
    title = item.title if item.form == "article" else item.name
    text, redirect = _article(item), ""
    if item.form == "redirect":
        target = "Comparisons"
        text, redirect = f"#REDIRECT [[{target}]]", f'    <redirect title="{target}" />\n'
    elif item.form == "talk":
        text = "== Wording ==\nI think that the second paragraph could be shorter. ~~~~\n"
    elif item.form == "numbers":
        title, text = item.name, _table_of_numbers(item.title)
    return _PAGE.format(
        title=escape(title),
        namespace=1 if item.form == "talk" else 0,
        page=number,
        redirect=redirect,
        revision=1_200_000_000 + number,
        timestamp=item.published.strftime("%Y-%m-%dT%H:%M:%SZ"),
        size=len(text.encode()),
        text=escape(text, quote=False),
    )


def _article(item: Item) -> str:
    """Wikitext with what surrounds prose there: templates, tables, notes, links, categories."""
    overview, see_also, references, category, kind = _CHROME.get(item.language, _CHROME["en"])
    paragraphs = list(item.paragraphs)
    if not paragraphs:
        return ""
    middle = 1 + len(paragraphs) // 3
    lead = [f"'''{item.title}''': {paragraphs[0]}<ref name=\"a\">Demo notes, p. 12.</ref>"]
    words = paragraphs[0].split()
    if len(words) > 8:
        long_word = max(words[1:], key=len)
        lead = [lead[0].replace(f" {long_word} ", f" [[{long_word}]] ", 1)]
    return "\n\n".join(
        [
            f"{{{{Infobox demo\n| name = {item.title}\n| kind = {kind}\n| id = 7\n}}}}",
            *lead,
            *paragraphs[1:middle],
            f"== {overview} ==",
            *paragraphs[middle:],
            '{| class="wikitable"\n! Name !! Number\n|-\n'
            f"| {item.name} || {number_of(item.name) % 1000}\n|}}",
            f"== {see_also} ==\n* [[Main Page|Demo]]",
            f"== {references} ==\n{{{{Reflist}}}}",
            f"[[{category}]]",
        ]
    )


def _table_of_numbers(title: str) -> str:
    rows = [
        f"|-\n| 2024-05-{day:02} || {number_of(f'{title} {day}') % 900 / 100:.2f} || "
        f"{number_of(f'{day} {title}') % 900 / 100:.2f}"
        for day in range(1, 32)
    ]
    return '{| class="wikitable"\n! Day !! Morning !! Evening\n' + "\n".join(rows) + "\n|}\n"
