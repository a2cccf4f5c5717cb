import gzip
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extract.html import Page
from pipeline.extract.page_metadata import PageMetadata, complete_page

DAY = datetime(2017, 3, 6, tzinfo=UTC)
MOMENT = datetime(2017, 3, 6, 4, 2, 6, tzinfo=UTC)


def read(html: str, title: str | None = None, language: str | None = None) -> PageMetadata:
    return complete_page(Page("", title, language, None), html.encode())


@pytest.mark.parametrize(
    ("html", "published"),
    [
        ('<meta property="article:published_time" content="2017-03-06T05:02:06+01:00">', MOMENT),
        ("<META content='2017-03-06' NAME=Date />", DAY),
        ('<meta itemprop=datePublished content="March 6, 2017">', DAY),
        ('<span itemprop="datePublished" content="2017-03-06">x</span>', DAY),
        ('<script type="application/ld+json">{"@type": "NewsArticle", "datePublished": '
         '"2017-03-06T04:02:06Z"}</script>', MOMENT),
        ('<time datetime="2017-03-06">6 March</time>', DAY),
        ('<time datetime="2016-01-01">x</time><time class="entry-date" datetime="2017-03-06">',
         DAY),
        # Two dates of which none is marked as the page's.
        ('<time datetime="2016-01-01">x</time><time datetime="2017-03-06">', None),
        ('<meta property="article:modified_time" content="2017-03-06">', None),
        ('<meta name="date" content="{{post_date}}"><meta name="pubdate" content="2017-03-06">',
         DAY),
        ('<meta name="date" content="0001-01-01T00:00:00Z">', None),
        ('<meta name="date" content="1970-01-01T00:00:00Z">', None),
        ('<!-- <meta name="date" content="2017-03-06"> -->', None),
        ('<!-- a comment without an end <meta name="date" content="2017-03-06">', DAY),
    ],
)  # fmt: skip
def test_the_day_of_publication(html: str, published: datetime | None) -> None:
    assert read(html).published == published


def test_linked_data_comes_before_tags_and_tags_before_times() -> None:
    linked = (
        '<script type="application/ld+json">{"@type":"Article","datePublished":"2017"}</script>'
    )
    tag = '<meta property="article:published_time" content="2017-03-06">'
    time_tag = '<time pubdate datetime="2011-01-01">'
    assert read(time_tag + tag + linked).published == DAY  # a year alone is no date
    assert read(time_tag + tag + linked.replace('"2017"', '"2016-05-05"')).published == datetime(
        2016, 5, 5, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("html", "title"),
    [
        ('<meta property="og:title" content="Tea &amp; milk">', "Tea & milk"),
        ('<meta property="og:title" content="The Mill"><meta property="og:site_name" '
         'content="the mill">', "Tea & milk - The Mill"),
        ('<script type="application/ld+json">{"@type": "Article", "headline": "Tea & milk"}'
         "</script>", "Tea & milk"),
        ('<script type="application/ld+json">{"@type": "Article", "headline": "a list article"}'
         "</script>", "Tea & milk - The Mill"),
        ('<meta property="og:title" content="a "quoted" word">', "Tea & milk - The Mill"),
        ("<p>nothing</p>", "Tea & milk - The Mill"),
    ],
)  # fmt: skip
def test_the_title_is_that_of_the_article(html: str, title: str) -> None:
    assert read(html, "Tea & milk - The Mill").title == title


@pytest.mark.parametrize(
    ("html", "author"),
    [
        ('<meta name="author" content="By A. Author">', "A. Author"),
        ('<meta name="author" content="Byron">', "Byron"),
        ('<meta property="article:author" content="https://facebook.example/me">', None),
        ('<meta name="author" content="104363"><meta name="byl" content="By B">', "B"),
        ('<meta name="citation_author" content="A"><meta name="citation_author" content="B">',
         "A, B"),
        ('<meta name="author" content="A. Author | a@author.example">', "A. Author"),
        ('<meta name="author" content="name, me@mail.example">', None),
        ('<script type="application/ld+json">{"@type": "BlogPosting", "author": '
         '[{"@type": "Person", "name": "A"}, {"name": "B"}]}</script>', "A, B"),
    ],
)  # fmt: skip
def test_the_author(html: str, author: str | None) -> None:
    assert read(html).author == author


def test_language_and_licence() -> None:
    locale = '<meta property="og:locale" content="pt_BR">'
    assert read(locale).language == "pt-BR"
    assert read(locale, language="en").language == "en"
    assert read('<meta http-equiv=content-language content="de, en">').language == "de"
    assert read('<meta name=dc.language content="中文">').language is None
    stated = '<meta name="dcterms.license" content="https://licence.example/by/4.0">'
    assert read(stated).licence == "https://licence.example/by/4.0"
    linked = '{"@type": "Article", "license": {"url": "https://licence.example"}}'
    page = f"<script type='application/ld+json'>{linked}</script>"
    assert read(page).licence == "https://licence.example"
    found = complete_page(Page("", None, None, "https://first.example"), page.encode())
    assert found.licence == "https://first.example"


@pytest.mark.parametrize(
    "piece",
    [
        b'<meta name="',
        b"<meta name='a' content=\"",
        b"<meta",
        b"<time",
        b"<time datetime=",
        b"<!--",
        b'itemprop="datePublished"',
        b'<script type="application/ld+json">',
        b'<script type="application/ld+json">[' + b"[" * 1000 + b"</script>",
        b'<meta name="date" content="2017-03-06T',
        b"<",
    ],
)
def test_floods_of_broken_tags_cost_little(piece: bytes) -> None:
    page = piece * ((4 << 20) // len(piece))
    started = time.process_time()
    complete_page(Page("", None, None, None), page)
    assert time.process_time() - started < 2


@given(st.binary(max_size=200), st.sampled_from([b"<meta ", b"<time ", b"<!--", b"</script"]))
def test_nothing_raises(junk: bytes, piece: bytes) -> None:
    page = b'<script type="application/ld+json">' + piece.join([junk, junk, b"name=a content=b>"])
    assert isinstance(complete_page(Page("", None, None, None), page), PageMetadata)


@pytest.mark.shared
def test_most_real_pages_tell_when_they_were_published(shared_data: Path) -> None:
    found = [
        complete_page(Page("", None, None, None), gzip.decompress(path.read_bytes()))
        for path in sorted((shared_data / "html_extraction/scrapinghub/html").glob("*.gz"))
    ]
    dates = [page.published for page in found if page.published is not None]
    # By eye: those without state no date, state a year alone, or have dates of many articles.
    assert len(dates) > 0.7 * len(found)
    assert min(dates).year >= 2003
    assert max(dates) < datetime(2019, 12, 31, tzinfo=UTC)  # the day the set was made
    assert sum(page.author is not None for page in found) > 0.4 * len(found)
