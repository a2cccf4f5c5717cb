"""What a web page says about itself: title, author, day of publication, language, licence.

Read from meta tags, linked data and dated elements by searching the bytes, without a tree: the
time is linear in a bounded beginning of the page.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from pipeline.extract.character_references import unescape
from pipeline.extract.html import Page
from pipeline.extract.linked_data import article_facts, names_of
from pipeline.text.dates import parse_date

MAX_BYTES = 2 << 20
"""Facts are looked for in this much of the beginning of a page."""
_MAX_TAG = 4096
_MAX_SCRIPT = 1 << 20
_MAX_PLACES = 4000
_LONGEST_COMMENT = 1 << 15
_MAX_SCRIPTS = 16
_LONGEST = 300
"""Characters of a title, author or licence that is one."""
_FIRST_YEAR = 1500

_DATES = (
    "article:published_time", "og:article:published_time", "article:published",
    "article.published", "og:published_time", "datepublished", "parsely-pub-date",
    "sailthru.date", "cxenseparse:recs:publishtime", "citation_publication_date",
    "citation_date", "dc.date.issued", "dcterms.issued", "dc.date", "dcterms.date",
    "dcterms.created", "dc.date.created", "publication_date", "publish-date", "publish_date",
    "publishdate", "published_at", "pubdate", "pub_date", "pdate", "og:time", "apub:time",
    "weibo: article:create_at", "article_date_original", "dcsext.articlefirstpublished",
    "datecreated", "date",
)  # fmt: skip
_AUTHORS = (
    "author", "article:author", "og:article:author", "dc.creator", "dcterms.creator",
    "citation_author", "parsely-author", "sailthru.author", "article:author_name",
    "article:authorname", "article_author", "byl", "authors", "og:author",
)  # fmt: skip
_TITLES = ("og:title", "citation_title", "dc.title", "dcterms.title", "twitter:title")
_LANGUAGES = ("content-language", "dc.language", "dcterms.language", "inlanguage", "og:locale")
_LICENCES = ("dcterms.license", "dc.rights.license", "license", "licence")
# Where a page states something: one pass over its tags. Their case is no reason for a copy.
_STATING = re.compile(
    rb"<(?:(?P<meta>meta)|time|(?P<script>script[^<>]{1,500}?application/ld\+json[^>]{0,500}>))",
    re.I,
)
_DATED = re.compile(rb'"datepublished"', re.I)
_SCRIPT_END = re.compile(rb"</script", re.I)
_TAG = re.compile(rb"""<[A-Za-z][^\s>/]*+(?:[^>"']|"[^"]*"|'[^']*')*+>""")
# A value goes no further than its quote; where text follows at once, the quote was part of it.
_ATTRIBUTE = re.compile(
    r"""([A-Za-z_:][-\w:.]*)\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)(?=[\s/>]|[A-Za-z-]+\s*=)""", re.A
)
_BY = re.compile(r"(?:by|von|par|por)\s*:?\s+(?=\S)", re.I)
_CODE = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]{2,8}){0,3}$")
_PUBLISHING = ("pubdate", "datepublished", "publish", "entry-date", "dt-published", "post-date")


def complete_page(page: Page, data: bytes) -> "PageMetadata":
    """What is known of a page: what ``page`` has from its tags, and the bytes (UTF-8) it is of.

    >>> page = Page("text", "Tea - The Mill", None, None)
    >>> found = complete_page(page, b'<meta property="og:title" content="Tea">'
    ...     b'<meta property="article:published_time" content="2017-03-06T04:02:06+01:00">')
    >>> found.title, found.published.isoformat()
    ('Tea', '2017-03-06T03:02:06+00:00')
    """
    facts = _Facts(data[:MAX_BYTES])
    return PageMetadata(
        title=_title(facts, page.title),
        author=_author(facts),
        published=_published(facts),
        language=page.language or _language(facts),
        licence=page.licence or _licence(facts),
    )


@dataclass(frozen=True, slots=True)
class PageMetadata:
    """What a page says about itself; ``None`` where it does not."""

    title: str | None = None
    """Of the article, without the name of the site, where the page tells them apart."""
    author: str | None = None
    published: datetime | None = None
    """In UTC. Never the day on which a crawler came."""
    language: str | None = None
    """As declared, such as ``zh-CN``."""
    licence: str | None = None
    """Its address or its name."""


@dataclass(slots=True)
class _Facts:
    """Everything that a page states, by kind."""

    data: bytes
    metas: dict[str, list[str]] = field(default_factory=dict)
    articles: list[Mapping[str, Any]] = field(default_factory=list)
    times: list[tuple[str, bool]] = field(default_factory=list)
    """Dates of elements, and whether they are marked as the day of publication."""

    def __post_init__(self) -> None:
        scripts = 0
        for place in islice(_STATING.finditer(self.data), _MAX_PLACES):
            if _is_comment(self.data, place.start()):
                continue
            if place["script"]:
                scripts += 1
                if scripts <= _MAX_SCRIPTS:
                    self._add_script(place.end())
            elif tag := self._attributes_at(place.start()):
                if place["meta"]:
                    self._add_meta(tag)
                else:
                    self._add_time(tag, tag.get("datetime", ""))
        for place in islice(_DATED.finditer(self.data), _MAX_PLACES):
            start = self.data.rfind(b"<", max(0, place.start() - _MAX_TAG), place.start())
            if start >= 0 and not _is_comment(self.data, start):
                tag = self._attributes_at(start)
                if tag.get("itemprop"):
                    self._add_time(tag, tag.get("content") or tag.get("title", ""))

    def _add_script(self, start: int) -> None:
        if end := _SCRIPT_END.search(self.data, start, start + _MAX_SCRIPT):
            self.articles += article_facts(self.data[start : end.start()])

    def _add_meta(self, tag: dict[str, str]) -> None:
        name = tag.get("property") or tag.get("name") or tag.get("itemprop")
        name = name or tag.get("http-equiv")
        if name and tag.get("content", "").strip():
            self.metas.setdefault(name.strip().lower(), []).append(tag["content"].strip())

    def _add_time(self, tag: dict[str, str], value: str) -> None:
        if value.strip():
            marks = f"{tag.get('itemprop', '')} {tag.get('class', '')}".lower()
            is_marked = "pubdate" in tag or any(mark in marks for mark in _PUBLISHING)
            self.times.append((value.strip(), is_marked))

    def _attributes_at(self, start: int) -> dict[str, str]:
        """Attributes of the tag at a place; none where it does not end nearby."""
        tag = _TAG.match(self.data, start, start + _MAX_TAG)
        return _attributes(tag[0].decode("utf-8", "replace")) if tag is not None else {}

    def stated(self, names: tuple[str, ...]) -> Iterator[str]:
        """Values of the meta tags of these names, in the order of the names."""
        for name in names:
            yield from self.metas.get(name, ())


def _is_comment(data: bytes, at: int) -> bool:
    """Whether a place lies in a comment that has an end; its beginning is looked for nearby."""
    start = data.rfind(b"<!--", max(0, at - _LONGEST_COMMENT), at)
    if start < 0:
        return False
    end = data.find(b"-->", start + 2, at)
    return end < 0 and data.find(b"-->", at, at + _LONGEST_COMMENT) >= 0


def _attributes(tag: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in _ATTRIBUTE.findall(tag):
        found.setdefault(name.lower(), unescape(value.strip("\"'")))
    if "pubdate" in tag.lower():
        found.setdefault("pubdate", "")
    return found


def _title(facts: _Facts, title: str | None) -> str | None:
    site = next(facts.stated(("og:site_name", "application-name")), "").casefold()
    whole = (title or "").casefold()
    for article in facts.articles:
        # Some sites put a description there.
        headline = _line(article.get("headline"))
        if headline and headline.casefold() in whole:
            return headline
    stated = (_line(value) for value in facts.stated(_TITLES))
    return next((line for line in stated if line and line.casefold() != site), title)


def _author(facts: _Facts) -> str | None:
    for article in facts.articles:
        if name := _person(names_of(article.get("author"))):
            return name
    for name in _AUTHORS:
        people = [person for value in facts.metas.get(name, ()) if (person := _person(value))]
        if people:
            return ", ".join(dict.fromkeys(people))
    return None


def _person(name: str | None) -> str | None:
    """A name without its ``by``; ``None`` for addresses, and for what nobody is called."""
    name = _line(name)
    name = name.partition("|")[0].strip() if name else ""
    if "://" in name or "@" in name or name.startswith(("www.", "{")):
        return None
    if not any(map(str.isalpha, name)):
        return None
    return _BY.sub("", name, count=1) if _BY.match(name) else name


def _published(facts: _Facts) -> datetime | None:
    stated = [article.get("datePublished") for article in facts.articles]
    marked = [value for value, is_marked in facts.times if is_marked]
    for value in (*stated, *facts.stated(_DATES), *marked):
        if date := _date(value):
            return date
    # Unmarked dates may be those of other articles; one alone is the page's.
    dates = {date for value, _ in facts.times if (date := _date(value))}
    return dates.pop() if len(dates) == 1 else None


def _date(value: Any) -> datetime | None:
    date = parse_date(value) if isinstance(value, str) else None
    if date is None or date.year < _FIRST_YEAR or date.timestamp() == 0:
        return None
    return date


def _language(facts: _Facts) -> str | None:
    stated = [article.get("inLanguage") for article in facts.articles]
    for value in (*facts.stated(_LANGUAGES), *stated):
        code = value.split(",")[0].strip() if isinstance(value, str) else ""
        if _CODE.match(code):
            return code.replace("_", "-")
    return None


def _licence(facts: _Facts) -> str | None:
    stated = [article.get("license") for article in facts.articles]
    for value in (*stated, *facts.stated(_LICENCES)):
        if isinstance(value, Mapping):
            value = value.get("url") or value.get("name")
        if licence := _line(value):
            return licence
    return None


def _line(value: Any) -> str | None:
    """A text of one line, or ``None`` when it is empty, none, or longer than such a thing is."""
    if not isinstance(value, str):
        return None
    line = " ".join(unescape(value).split())
    return line if line and len(line) <= _LONGEST else None
