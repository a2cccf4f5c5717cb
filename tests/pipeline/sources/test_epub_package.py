"""What the package document of a book says."""

import io

import pytest

from pipeline.sources.epub_archive import EpubArchive
from pipeline.sources.epub_package import read_package
from schemas.errors import RecordError
from tests.pipeline.sources.epub_writer import epub, page

PAGES = {"b.xhtml": page("second"), "a.xhtml": page("first"), "nav.xhtml": page("contents")}


def package(**options):
    return read_package(EpubArchive(io.BytesIO(epub(PAGES, **options)), 1 << 20))


def test_metadata_of_a_book():
    found = package()
    assert (found.title, found.author, found.language) == ("On Tea", "Ada Leaf", "en-GB")
    assert (found.identifier, found.rights) == ("urn:tea", "CC0")
    assert (found.published.year, found.published.month) == (1912, 3)


def test_pages_come_in_the_order_of_the_spine_without_the_contents():
    found = package(spine=["a.xhtml", "nav.xhtml", "b.xhtml"], nav="nav.xhtml")
    assert [item.path for item in found.spine] == ["OPS/a.xhtml", "OPS/b.xhtml"]


def test_a_page_outside_the_archive_has_no_path():
    found = package(hrefs={"a.xhtml": "../../a.xhtml"})
    assert [item.path for item in found.spine if item.href == "../../a.xhtml"] == [None]


def test_a_book_without_a_package_is_told():
    content = epub(PAGES).replace(b"OPS/book.opf", b"OPS/book.xyz")
    with pytest.raises(RecordError):
        read_package(EpubArchive(io.BytesIO(content.replace(b"book.opf", b"book.abc")), 1 << 20))


@pytest.mark.parametrize("has_spine", [True, False])
def test_a_book_without_a_reading_order_has_that_of_its_manifest(has_spine):
    found = package(spine=[], has_spine=has_spine, nav="nav.xhtml")
    assert [item.path for item in found.spine] == ["OPS/b.xhtml", "OPS/a.xhtml"]


@pytest.mark.parametrize("kind", ["text/plain", "application/octet-stream"])
def test_a_page_of_a_wrong_type_is_one(kind):
    found = package(spine=["a.xhtml", "b.xhtml"], types={"a.xhtml": kind})
    assert [item.path for item in found.spine] == ["OPS/a.xhtml", "OPS/b.xhtml"]


def test_a_picture_in_the_spine_is_no_page():
    found = package(hrefs={"a.xhtml": "a.png"}, types={"a.xhtml": "image/png"})
    assert [item.path for item in found.spine] == ["OPS/b.xhtml", "OPS/nav.xhtml"]
