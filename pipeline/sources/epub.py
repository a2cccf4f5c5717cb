"""EPUB 2 and 3: one document per book, its pages in reading order."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import BinaryIO

from pipeline.extract.book_page import book_page_text
from pipeline.sources.compression import find_codec
from pipeline.sources.epub_archive import EpubArchive
from pipeline.sources.epub_package import Package, SpineItem, read_package
from pipeline.sources.gutenberg import split_licence
from pipeline.sources.gutenberg_notes import drop_credits
from pipeline.sources.inputs import InputFile, InputParams
from pipeline.sources.plain_text import read_whole
from pipeline.sources.record import Record, document_or_empty, unreadable
from schemas.errors import RecordError

_HEAD = 1 << 16


@dataclass(slots=True)
class _Pages:
    texts: list[str] = field(default_factory=list)
    defects: list[tuple[str, str]] = field(default_factory=list)
    """Of each page that could not be read, its name and why."""


def read_epub(stored: BinaryIO, file: InputFile, params: InputParams) -> Iterator[Record]:
    """The book at offset 0; after it, one unreadable record for each page that is lost.

    Navigation, cover, tables of contents and the licence of Project Gutenberg are no part of
    the text. All pages together may unfold to ``max_record_bytes``.
    """
    name = PurePosixPath(file.path).name
    head = stored.read(_HEAD)
    if find_codec(head) is not None:
        stored.seek(0)
        whole = read_whole(stored, name, params)
        if isinstance(whole, Record):
            yield whole
            return
        stored = io.BytesIO(whole)
    try:
        archive = EpubArchive(stored, params.max_record_bytes)
        package = read_package(archive)
    except RecordError as error:
        yield unreadable(0, str(error), key=name, raw=head)
        return
    pages = _read_pages(archive, package.spine)
    key = package.identifier or name
    yield _book(package, pages, key, archive.directory(), file.size)
    for index, (href, reason) in enumerate(pages.defects if pages.texts else (), start=1):
        yield unreadable(index, f"a page of the book is lost: {reason}", key=f"{key} {href}")


def _read_pages(archive: EpubArchive, spine: list[SpineItem]) -> _Pages:
    pages = _Pages()
    seen: set[str] = set()
    for item in spine:
        if item.path is None:
            pages.defects.append((item.href, f"{item.href}: points outside the archive"))
            continue
        if item.path in seen:
            continue
        seen.add(item.path)
        if archive.is_replaced(item.path):
            reason = f"{item.path}: the first of two entries of this name"
            pages.defects.append((item.href, reason))
        try:
            text = book_page_text(archive.read(item.path))
        except RecordError as error:
            pages.defects.append((item.href, str(error)))
            continue
        if text and not text.isspace():
            pages.texts.append(text)
    return pages


def _book(package: Package, pages: _Pages, key: str, raw: bytes, size: int) -> Record:
    if pages.defects and not pages.texts:
        reasons = "; ".join(reason for _, reason in pages.defects[:3])
        return unreadable(0, f"no page can be read: {reasons}", key=key, raw=raw)
    header, text, footer = split_licence("\n\n".join(pages.texts))
    if header or footer or "gutenberg" in key.lower():
        text = "\n\n".join(drop_credits(text.strip().split("\n\n")))
    return document_or_empty(
        Record(
            offset=0,
            key=key,
            raw=raw,
            raw_bytes=size,
            title=package.title,
            author=package.author,
            published=package.published,
            language_hint=package.language,
            licence=package.rights,
            text=text.strip(),
        )
    )
