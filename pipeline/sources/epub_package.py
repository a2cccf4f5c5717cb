"""The package document of an EPUB: what the book is called, and its pages in reading order."""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from lxml import etree

from pipeline.sources.epub_archive import EpubArchive, parse_xml
from pipeline.text.dates import parse_date
from schemas.errors import RecordError

_CONTAINER = "META-INF/container.xml"
_PAGE_SUFFIXES = (".xhtml", ".html", ".htm")
_PAGES = frozenset(
    {
        "application/xhtml+xml", "text/html", "application/xml", "text/xml", "image/svg+xml",
        "application/x-dtbook+xml", "text/x-oeb1-document", "text/plain", "",
    }
)  # fmt: skip
APPARATUS = frozenset({"cover", "toc", "copyright-page", "landmarks", "loi", "lot", "page-list"})
"""Kinds of pages (EPUB structural semantics, and the guide of EPUB 2) that are no content."""
_NOT_AUTHORS = frozenset({"ill", "trl", "edt", "bkp", "mrk", "pbl", "cov", "nrt", "ctb", "dsr"})


@dataclass(frozen=True, slots=True)
class SpineItem:
    """One page in reading order."""

    href: str
    """As the package writes it."""
    path: str | None
    """Where that is in the archive; ``None`` where it points outside or names no item."""


@dataclass(slots=True)
class Package:
    """What the package document says."""

    title: str | None = None
    author: str | None = None
    language: str | None = None
    identifier: str | None = None
    published: datetime | None = None
    rights: str | None = None
    spine: list[SpineItem] = field(default_factory=list)


def read_package(archive: EpubArchive) -> Package:
    """The first package of a book.

    Raises:
        RecordError: there is none, or it cannot be read.
    """
    path = _package_path(archive)
    root = parse_xml(archive.read(path))
    folder = posixpath.dirname(path)
    package = Package(
        title=next(_texts(root, "title"), None),
        author=_author(root),
        language=next(_texts(root, "language"), None),
        identifier=_identifier(root),
        published=_date(root),
        rights=_rights(root),
    )
    outside = _apparatus(root, folder, archive)
    for item in _spine(root, folder, archive):
        if item.path is None or item.path not in outside:
            package.spine.append(item)
    return package


def local_name(element: "etree._Element") -> str:
    """Name of an element without its namespace; empty for an entity."""
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def _package_path(archive: EpubArchive) -> str:
    try:
        root = parse_xml(archive.read(_CONTAINER))
        for element in root.iter():
            path = element.get("full-path") if local_name(element) == "rootfile" else None
            resolved = archive.locate("", path) if path else None
            if resolved and archive.find(resolved):
                return resolved
    except RecordError:
        pass  # books without a container are found by the name of their package
    names = sorted(name for name in archive.names() if name.lower().endswith(".opf"))
    if not names:
        raise RecordError("no package document (.opf) in the archive", 0)
    return min(names, key=lambda name: name.count("/"))


def _elements(root: "etree._Element", name: str) -> Iterator["etree._Element"]:
    return (element for element in root.iter() if local_name(element) == name)


def _texts(root: "etree._Element", name: str) -> Iterator[str]:
    for element in _elements(root, name):
        if text := _text(element):
            yield text


def _text(element: "etree._Element") -> str:
    return " ".join("".join(element.itertext()).split())


def _author(root: "etree._Element") -> str | None:
    """Names of the creators, without those whose role is another one."""
    roles = {
        element.get("refines", "").lstrip("#"): (element.text or "").strip()
        for element in _elements(root, "meta")
        if element.get("property") == "role"
    }
    names: list[str] = []
    for creator in _elements(root, "creator"):
        own = next((value for key, value in creator.items() if key.endswith("role")), "")
        role = own or roles.get(creator.get("id", "-"), "")
        if role not in _NOT_AUTHORS and (name := _text(creator)):
            names.append(name)
    return ", ".join(dict.fromkeys(names)) or None


def _identifier(root: "etree._Element") -> str | None:
    wanted = root.get("unique-identifier")
    found = [
        (element.get("id") != wanted, text)
        for element in _elements(root, "identifier")
        if (text := _text(element))
    ]
    return min(found, key=lambda pair: pair[0])[1] if found else None


def _date(root: "etree._Element") -> datetime | None:
    """Day of publication; days of conversion and modification say nothing of the text."""
    dated: list[tuple[bool, datetime]] = []
    for element in _elements(root, "date"):
        event = next((value for key, value in element.items() if key.endswith("event")), "")
        date = parse_date(_text(element)) or _year(_text(element))
        if date is not None and event not in ("conversion", "modification"):
            dated.append((not event.endswith("publication"), date))
    return min(dated, key=lambda pair: pair[0])[1] if dated else None


def _year(text: str) -> datetime | None:
    parts = text.split("-")
    if len(parts) <= 2 and all(part.isdecimal() for part in parts) and len(parts[0]) == 4:
        return parse_date("-".join([*parts, "01", "01"][:3]))
    return None


def _rights(root: "etree._Element") -> str | None:
    """Address of the licence where the package links one, else the words of its rights."""
    for element in _elements(root, "link"):
        if "license" in element.get("rel", "") and element.get("href"):
            return element.get("href")
    for element in _elements(root, "meta"):
        if element.get("property") in ("cc:license", "dcterms:license") and _text(element):
            return _text(element)
    return next(_texts(root, "rights"), None)


def _apparatus(root: "etree._Element", folder: str, archive: EpubArchive) -> set[str | None]:
    """Paths of the pages that the package itself says are navigation, cover and the like."""
    paths: set[str | None] = set()
    for item in _elements(root, "item"):
        if "nav" in item.get("properties", "").split():
            paths.add(archive.locate(folder, item.get("href", "")))
    for reference in _elements(root, "reference"):
        href = reference.get("href", "")
        # With a fragment only a part of the page is meant: the page itself says which.
        if reference.get("type", "").lower() in APPARATUS and "#" not in href:
            paths.add(archive.locate(folder, href))
    paths.discard(None)
    return paths


def _spine(root: "etree._Element", folder: str, archive: EpubArchive) -> Iterator[SpineItem]:
    """The pages in reading order; of a book that tells none, as its manifest lists them."""
    manifest = [(item.get("id", ""), item) for item in _elements(root, "item")]
    items = dict(manifest)
    names = [reference.get("idref", "") for reference in _elements(root, "itemref")]
    for name, item in [(name, items.get(name)) for name in names] or manifest:
        if item is None:
            yield SpineItem(f"#{name}", None)
        elif _is_page(item):
            href = item.get("href", "")
            yield SpineItem(href, archive.locate(folder, href))


def _is_page(item: "etree._Element") -> bool:
    """By its type or, as types are often wrong, by its name."""
    kind = item.get("media-type", "").strip().lower()
    path = item.get("href", "").partition("#")[0].lower()
    return kind in _PAGES or path.endswith(_PAGE_SUFFIXES)
