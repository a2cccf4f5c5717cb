"""The dumps are read back with libraries that had no part in writing them."""

import bz2
import io
import json
from collections import Counter
from collections.abc import Mapping

import lxml.etree
import lxml.html
import pytest
import zstandard
from fastwarc.warc import ArchiveIterator, WarcRecordType

from pipeline.demo.dumps import OWN_TEXTS, DemoParams, compose, make_dumps
from pipeline.demo.items import own_texts
from pipeline.demo.planted import planted_documents
from schemas.errors import ConfigError

SMALL = DemoParams(max_articles=60)


@pytest.fixture(scope="module")
def dumps() -> Mapping[str, bytes]:
    return compose(SMALL)


def responses(content: bytes) -> dict[str, list[tuple[bytes, Mapping[str, str]]]]:
    """Body and HTTP headers of every response, by address."""
    found: dict[str, list[tuple[bytes, Mapping[str, str]]]] = {}
    for record in ArchiveIterator(
        io.BytesIO(content), record_types=WarcRecordType.response, parse_http=True
    ):
        headers = {name.lower(): value for name, value in record.http_headers.astuples()}
        found.setdefault(record.headers["WARC-Target-URI"], []).append(
            (record.reader.read(), headers)
        )
    return found


def test_the_same_parameters_give_the_same_bytes(dumps):
    assert compose(SMALL) == dumps


def test_another_seed_deals_the_articles_differently(dumps):
    other = compose(DemoParams(max_articles=60, seed=2))
    assert other["web/demo-00000.warc.gz"] != dumps["web/demo-00000.warc.gz"]


def test_every_source_and_an_unknown_file_are_there(dumps):
    assert {name.split("/")[0] for name in dumps if "/" in name} == {
        "web",
        "books",
        "news",
        "social",
        "wiki",
    }
    assert "notes.md" in dumps


def test_checksums_in_the_crawl_hold(dumps):
    kinds: Counter[str] = Counter()
    for name in ("web/demo-00000.warc.gz", "web/demo-00001.warc.gz"):
        for record in ArchiveIterator(io.BytesIO(dumps[name]), parse_http=False):
            assert record.verify_block_digest(), record.headers["WARC-Target-URI"]
            kinds[record.headers["WARC-Type"]] += 1
    assert kinds["warcinfo"] == 2 and kinds["revisit"] == 1 and kinds["request"] > 5


def test_pages_surround_their_text_with_navigation_and_notices(dumps):
    pages = responses(dumps["web/demo-00001.warc.gz"])
    [(body, _)] = next(pages[address] for address in pages if address.endswith("/moulin"))
    tree = lxml.html.document_fromstring(body.decode())
    for expected in ("//nav//a", "//div[@class='cookie']", "//aside//a", "//footer", "//script"):
        assert tree.xpath(expected), expected
    paragraphs = tree.xpath("//article/p[not(@class)]/text()")
    assert tuple(paragraphs) == own_texts()["moulin"].paragraphs


def test_one_page_is_in_gb18030_and_says_so(dumps):
    pages = responses(dumps["web/demo-00000.warc.gz"])
    [(body, _)] = next(pages[address] for address in pages if address.endswith("yinshua-gb18030"))
    assert b'charset="gb2312"' in body
    with pytest.raises(UnicodeDecodeError):
        body.decode()
    assert own_texts()["yinshua"].paragraphs[0] in body.decode("gb18030")


def test_the_compressed_page_is_compressed_and_chunked(dumps):
    pages = responses(dumps["web/demo-00001.warc.gz"])
    [(_, headers)] = next(pages[key] for key in pages if key.endswith("/velo-compressed"))
    assert headers["content-encoding"] == "gzip" and headers["transfer-encoding"] == "chunked"


def test_one_record_is_the_same_in_two_files(dumps):
    first, second = (
        {
            record.headers["WARC-Target-URI"]: (
                record.headers["WARC-Record-ID"],
                record.headers["WARC-Date"],
                record.reader.read(),
            )
            for record in ArchiveIterator(
                io.BytesIO(dumps[name]), record_types=WarcRecordType.response, parse_http=False
            )
        }
        for name in ("web/demo-00000.warc.gz", "web/demo-00001.warc.gz")
    )
    shared = set(first) & set(second)
    assert [address.rsplit("/", 1)[1] for address in shared] == ["twice-crawled"]
    assert all(first[address] == second[address] for address in shared)


def test_the_social_dump_needs_a_long_window_and_holds_one_object_per_line(dumps):
    content = dumps["social/RC_2024-05.zst"]
    assert zstandard.get_frame_parameters(content).window_size == 1 << 31
    stream = zstandard.ZstdDecompressor(max_window_size=1 << 31).stream_reader(io.BytesIO(content))
    posts = [json.loads(line) for line in io.TextIOWrapper(stream, "utf-8")]
    assert len({post["id"] for post in posts}) == len(posts)
    bodies = [post["body"] for post in posts]
    assert "[deleted]" in bodies and "[removed]" in bodies
    assert all({"subreddit", "created_utc", "author"} <= set(post) for post in posts)


def test_the_wiki_is_well_formed_and_has_more_than_articles(dumps):
    content = bz2.decompress(dumps["wiki/demowiki-20240501-pages-articles.xml.bz2"])
    space = {"m": "http://www.mediawiki.org/xml/export-0.11/"}
    tree = lxml.etree.fromstring(content)
    assert len(tree.xpath("//m:page/m:redirect", namespaces=space)) == 1
    assert set(tree.xpath("//m:page/m:ns/text()", namespaces=space)) == {"0", "1"}
    texts = tree.xpath("//m:text/text()", namespaces=space)
    assert any("{{Infobox" in text and "{|" in text and "[[Category:" in text for text in texts)


@pytest.mark.parametrize("name", ["news/courier.xml", "news/evening-post.xml"])
def test_feeds_are_well_formed(dumps, name):
    tree = lxml.etree.fromstring(dumps[name])
    entries = tree.xpath("//*[local-name() = 'item' or local-name() = 'entry']")
    assert len(entries) >= 3


def test_only_the_last_line_of_the_news_is_broken(dumps):
    *lines, last = dumps["news/bulletin.jsonl"].decode().splitlines()
    assert all(json.loads(line)["maintext"] for line in lines)
    with pytest.raises(json.JSONDecodeError):
        json.loads(last)


def test_books_declare_their_encoding_truly(dumps):
    german = dumps["books/muehle-8.txt"]
    assert b"ISO-8859-1" in german and "Mühle" in german.decode("iso-8859-1")
    with pytest.raises(UnicodeDecodeError):
        german.decode()
    for name, content in dumps.items():
        if name.startswith("books/"):
            assert content.count(b"*** START OF THE PROJECT GUTENBERG EBOOK") == 1
            assert content.count(b"*** END OF THE PROJECT GUTENBERG EBOOK") == 1
            assert b"\n" not in content.replace(b"\r\n", b"")


def test_no_own_text_is_forgotten():
    used = {document.text for document in planted_documents()} | {"muehle", "shancun"}
    used |= {text for texts in OWN_TEXTS.values() for text in texts}
    assert set(own_texts()) <= used


def test_written_files_are_what_was_composed(tmp_path, dumps):
    assert make_dumps(tmp_path / "in", SMALL) == sorted(dumps)
    for name, content in dumps.items():
        assert (tmp_path / "in" / name).read_bytes() == content
    make_dumps(tmp_path / "in", SMALL)  # again into the same folder


def test_a_folder_with_other_files_is_refused(tmp_path):
    (tmp_path / "thesis").write_text("mine")
    with pytest.raises(ConfigError, match="thesis"):
        make_dumps(tmp_path, SMALL)
    with pytest.raises(ConfigError, match="is a file"):
        make_dumps(tmp_path / "thesis", SMALL)
