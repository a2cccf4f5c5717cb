from pathlib import PurePosixPath

import pytest

from pipeline.sources.inputs import Format
from pipeline.sources.names import folder_source, names_text, promised_format
from schemas.documents import Source


@pytest.mark.parametrize(
    ("name", "is_broken", "format"),
    [
        ("CC-MAIN-1.warc.gz", False, Format.WARC),
        ("CC-MAIN-1.warc.wet.gz", False, Format.WET),
        ("CC-MAIN-1.warc.wat.gz", False, None),
        ("a.xml", False, None),
        ("a.xml", True, Format.FEED),
        ("a.txt", False, None),
        ("a.txt.gz", True, Format.PLAIN_TEXT),
        ("a.gz", True, None),
        ("enwiki-20240101-pages-articles-multistream1.xml-p1p2.bz2", False, Format.MEDIAWIKI),
    ],
)
def test_promises(name: str, is_broken: bool, format: Format | None) -> None:
    assert promised_format(PurePosixPath(name), None, is_broken=is_broken) is format


def test_only_a_name_makes_words_a_text() -> None:
    assert names_text(PurePosixPath("a.TXT.gz"))
    assert not names_text(PurePosixPath("a.gz"))
    assert not names_text(PurePosixPath("txt"))


def test_folders_name_sources() -> None:
    assert folder_source("/x", PurePosixPath("my-books/2020/a")) is Source.BOOK
    assert folder_source("/x", PurePosixPath("newsletters/a")) is None
    assert folder_source("/data/news", PurePosixPath("a")) is Source.NEWS
    assert folder_source("/news/data/x", PurePosixPath("a")) is None
