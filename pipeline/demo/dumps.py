"""The demo's input: small dumps in the real formats, of every source and many languages."""

import random
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import Field

from pipeline.demo.books import book
from pipeline.demo.items import Item, from_article, own_texts
from pipeline.demo.news import atom_feed, json_lines, rss_feed
from pipeline.demo.planted import planted_documents
from pipeline.demo.prose import language_topics, library_articles
from pipeline.demo.social import comments_dump, submissions_dump
from pipeline.demo.web import warc_file
from pipeline.demo.wiki import wiki_dump
from schemas.config import Section
from schemas.errors import ConfigError

# Share of the library's articles per dump.
_SHARES = {
    "web/demo-00000.warc.gz": 0.2,
    "web/demo-00001.warc.gz": 0.2,
    "web/demo-00002.warc.gz": 0.15,
    "wiki/demowiki-20240501-pages-articles.xml.bz2": 0.2,
    "news/courier.xml": 0.05,
    "news/evening-post.xml": 0.05,
    "news/bulletin.jsonl": 0.1,
    "social/RS_2024-05.zst": 0.05,
}
_COMMENTS = "social/RC_2024-05.zst"
_CHINESE_WIKI = "wiki/zhdemowiki-20240501-pages-articles.xml.bz2"
_CUT_OFF = "web/cut-off.warc.gz"
# The own texts that no planted document uses, in the dumps where such texts are found.
OWN_TEXTS = {
    _CUT_OFF: ("chaye", "receta", "azulejos"),
    "web/demo-00000.warc.gz": ("hebian", "dianche", "onsen", "maktaba", "cafe", "chai"),
    "web/demo-00001.warc.gz": ("moulin", "faro", "zimovka", "talat", "kopru", "sijang"),
    "web/demo-00002.warc.gz": ("ginza", "dijk", "zegar", "funivia", "xuezuofan"),
    "news/courier.xml": ("sad",),
    _CHINESE_WIKI: ("huanghe", "yuliang"),
    _COMMENTS: ("tushuguan", "wandern", "ogorod", "deungsan", "neko"),
}
_READER = ("A Reader in the Language", "The Documentation Writers")


class DemoParams(Section):
    """How large the demo is."""

    max_articles: int = Field(default=10_000, ge=10)
    """Use at most so many articles of the standard library."""
    seed: int = Field(default=1, ge=0)
    """Decides which article goes into which dump."""


def make_dumps(folder: Path, params: DemoParams) -> list[str]:
    """Write the dumps below ``folder`` and return their paths in it.

    The same parameters give the same bytes on the same Python.

    Raises:
        ConfigError: the folder holds other files.
    """
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"--out {folder}: is a file; choose a folder")
    dumps = dict(sorted(compose(params).items()))
    if folder.is_dir():
        present = {
            path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
        }
        strangers = sorted(present - set(dumps))
        if strangers:
            raise ConfigError(f"--out {folder}: holds other files ({strangers[0]}); choose another")
    for name, content in dumps.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return list(dumps)


def compose(params: DemoParams) -> Mapping[str, bytes]:
    """Content of every dump, by path."""
    items: dict[str, list[Item]] = {name: [] for name in (*_SHARES, *OWN_TEXTS)}
    for planted in planted_documents():
        if not planted.whole_file and not planted.last_of_file:
            items.setdefault(planted.file, []).append(planted.item())
    for name, texts in OWN_TEXTS.items():
        items[name] += [own_texts()[text] for text in texts]
    articles = [from_article(article) for article in library_articles()]
    random.Random(params.seed).shuffle(articles)
    articles = articles[: params.max_articles]
    names = frozenset(article.name for article in articles)
    start = 0
    for name, share in _SHARES.items():
        end = start + int(share * 0.95 * len(articles))
        items[name] += articles[start:end]
        start = end
    items[_COMMENTS] += [comment for article in articles[start:] for comment in _comments(article)]
    return {
        **{
            name: warc_file(
                name.removeprefix("web/"),
                items[name],
                requested=names if name.endswith("00000.warc.gz") else (),
                cut=name == _CUT_OFF,
            )
            for name in items
            if name.startswith("web/")
        },
        **{
            name: wiki_dump(items[name], "zh" if name == _CHINESE_WIKI else "en")
            for name in items
            if name.startswith("wiki/")
        },
        "news/courier.xml": rss_feed("The Courier", "courier.example", items["news/courier.xml"]),
        "news/evening-post.xml": atom_feed(
            "Evening Post", "evening-post.example", items["news/evening-post.xml"]
        ),
        "news/bulletin.jsonl": json_lines("bulletin.example", items["news/bulletin.jsonl"]),
        "social/RS_2024-05.zst": submissions_dump(items["social/RS_2024-05.zst"]),
        _COMMENTS: comments_dump(items[_COMMENTS]),
        **_books(),
        "notes.md": b"# About this folder\n\nThis file is no dump; the report says so.\n",
        "web/index.cdx": bytes(range(256)) * 2,
    }


def _comments(article: Item) -> Iterator[Item]:
    """Comments of about the length that people write."""
    paragraphs = list(article.paragraphs)
    for place in range(0, len(paragraphs) - 2, 3):
        yield Item(f"{article.name}#{place}", "en", "", tuple(paragraphs[place : place + 3]))


def _books() -> dict[str, bytes]:
    chapters = [from_article(topic) for topic in language_topics()]
    own = own_texts()
    parts = {
        f"books/reader-{part}.txt": book(
            f"{_READER[0]}, Part {part}", _READER[1], 90000 + part, "en", chapters[part - 1 :: 3]
        )
        for part in (1, 2, 3)
    }
    mill, village = own["muehle"], own["shancun"]
    return {
        **parts,
        "books/muehle-8.txt": book(
            mill.title, "Corpusmill", 90004, "de", [mill], encoding="iso-8859-1"
        ),
        "books/shancun-0.txt": book(village.title, "Corpusmill", 90005, "zh", [village]),
    }
