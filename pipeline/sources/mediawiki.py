"""MediaWiki XML dumps: one record per revision, of which the latest of an article is its text.

Read with expat in a stream: memory does not grow with the dump, nor with the history of a page,
and every record has its byte offset. Where the XML of a page breaks, a new parser goes on at the
next page, and where a dump ends and another follows (parts that were joined, or that stand in one
archive), with that one. Document types and entities are refused.
"""

import codecs
import xml.parsers.expat
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

from pipeline.extract.wikitext import DROPPED_NAMESPACES, wikitext_to_text
from pipeline.sources.compression import Decompressed, find_codec
from pipeline.sources.inputs import InputFile, InputParams
from pipeline.sources.mediawiki_pages import Page, Revision, begins_page, split_at_pages
from pipeline.sources.record import Record, document_or_empty, unreadable
from pipeline.text.dates import parse_date

_CHUNK = 1 << 16
_MAX_TOKEN = 1 << 20
"""Bytes of a tag or comment that is not closed: they are kept in memory."""
_MAX_LINE_END = 3
"""Bytes that the parser keeps back to see whether they are one line end, or end a section."""
_READS_AT_ONCE = xml.parsers.expat.version_info < (2, 6) or hasattr(
    xml.parsers.expat.XMLParserType, "SetReparseDeferralEnabled"
)
"""Newer versions of expat put off a tag that came in parts, where they are not told otherwise."""
_ROOT = b"<mediawiki>"
_NEXT_DUMP = (b"<?xml", b"<mediawiki", codecs.BOM_UTF8)
_MAX_DEPTH = 100
"""Elements within each other: a dump has six, and each is kept in memory."""
_IN_ADDRESSES = str.maketrans({" ": "_"} | {sign: f"%{ord(sign):02X}" for sign in '%?#"\\^`'})
"""What of a title would end its path, or begin something else in it."""
_PROSE_MODELS = frozenset({"", "wikitext"})
_MEDIA_NAMESPACES = frozenset({"-2", "6", "14"})
_REDIRECTS = (
    "#redirect", "#重定向", "#転送", "#weiterleitung", "#redirection", "#redirección",
    "#перенаправление", "#넘겨주기", "#rinvia", "#redirecionamento",
)  # fmt: skip


def read_mediawiki(stored: BinaryIO, file: InputFile, params: InputParams) -> Iterator[Record]:
    """Records of a dump in its order; each page whose XML breaks is one unreadable record."""
    content = Decompressed(stored, find_codec(stored.read(8)), limit=params.unfold_limit)
    reader = _DumpReader(file, params.max_record_bytes)
    begin = breaks = 0
    while True:
        for offset, piece in split_at_pages(iter(lambda: content.read(_CHUNK), b"")):
            reader.feed(begin + offset, piece)
            yield from reader.take()
            if reader.is_ended:
                return
        if content.failure is None:
            break
        yield from reader.take()
        at = content.tell() + breaks
        yield unreadable(reader.free_offset(at), str(content.failure))
        if not content.resume():
            return
        breaks += 1  # what is lost counts as one byte
        begin = max(at + 1, reader.free_offset(at) + 1)
        reader.break_off(begin)
    reader.feed(content.tell() + breaks, b"", is_last=True)
    yield from reader.take()
    if reader.pages == 0 and not reader.has_broken:
        yield unreadable(0, "no page in it (byte 0)")


class _DumpReader:
    """State of a dump between two events of the parser."""

    def __init__(self, file: InputFile, max_bytes: int) -> None:
        self._file = file
        self._max_bytes = max_bytes
        wanted = file.settings.get("namespaces", "0").split(",")
        self._wanted = frozenset(number.strip() for number in wanted)
        self._wants_redirects = file.settings.get("redirects") == "true"
        self._parser = self._new_parser()
        self._shift = 0  # from a position in what the parser was given to one in the dump
        self._line_shift = 0
        self._lines = 0
        self._is_in_cdata = False
        self._broken_at: int | None = None  # where the parser ended, if it did
        self._path: list[str] = []
        self._text: list[str] = []
        self._text_size = 0
        self._page: Page | None = None
        self._revision: Revision | None = None
        self._namespace_key = ""
        self._namespaces: dict[str, str] = {}
        self._dropped_namespaces = set(DROPPED_NAMESPACES)
        self._language: str | None = None
        self._base = ""
        self._done: list[Record] = []
        self._last_offset = -1
        self.pages = 0
        self._refusal: tuple[str, int] | None = None
        """Why and where the parser was ended, where it did not end itself."""
        self.is_ended = False
        """Whether nothing more may be read."""
        self.has_broken = False
        self._is_dump_ended = False

    def feed(self, offset: int, piece: bytes, *, is_last: bool = False) -> None:
        """Parse on. Behind a break, pieces are passed over up to one that begins with a page."""
        self._parse(offset, piece, is_last=is_last)
        if self._broken_at is not None and self._broken_at <= offset and begins_page(piece):
            self._begin_anew(offset)
            self._parse(offset, piece, is_last=is_last)
        self._lines += piece.count(b"\n")

    def break_off(self, at: int) -> None:
        """The content goes on at ``at`` behind something that is lost: up to the start of a page
        it is passed over."""
        self._broken_at = at
        self.has_broken = True

    def _new_parser(self) -> xml.parsers.expat.XMLParserType:
        parser = xml.parsers.expat.ParserCreate()
        parser.buffer_text = True
        if hasattr(parser, "SetReparseDeferralEnabled"):
            parser.SetReparseDeferralEnabled(False)
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._refuse_entities
        parser.StartCdataSectionHandler = partial(setattr, self, "_is_in_cdata", True)
        parser.EndCdataSectionHandler = partial(setattr, self, "_is_in_cdata", False)
        return parser

    def _begin_anew(self, offset: int) -> None:
        self._broken_at = self._refusal = self._page = self._revision = None
        self._path.clear()
        self._is_in_cdata = False
        self._parser = self._new_parser()
        self._parser.Parse(_ROOT, False)
        self._shift = offset - len(_ROOT)
        self._line_shift = self._lines

    def _parse(self, offset: int, piece: bytes, *, is_last: bool) -> None:
        if self._broken_at is not None:
            return
        try:
            # No tag reaches over the start of a page, and none is as long as the limit.
            pending = offset - self._shift - max(0, self._parser.CurrentByteIndex)
            is_page = begins_page(piece)
            if is_page and self._is_in_cdata:
                self._refuse("unclosed CDATA section")
            if pending > (_MAX_LINE_END if is_page and _READS_AT_ONCE else _MAX_TOKEN):
                self._refuse("unclosed token")
            self._parser.Parse(piece, is_last)
        except xml.parsers.expat.ExpatError as error:
            rest = self._next_dump(offset, piece)
            if rest is not None:
                self._parser = self._new_parser()
                self._is_dump_ended = False
                self._shift = offset + len(piece) - len(rest)
                self._line_shift = self._lines + piece.count(b"\n") - rest.count(b"\n")
                self._parse(self._shift, rest, is_last=is_last)
                return
            reason, at = self._refusal or (
                xml.parsers.expat.ErrorString(error.code),
                self._parser.ErrorByteIndex,
            )
            self._broken_at = at + self._shift
            self._add_broken(reason, self._broken_at, error.lineno + self._line_shift)

    def _next_dump(self, offset: int, piece: bytes) -> bytes | None:
        """What another dump begins of a piece, where the parser found more behind the end of
        one."""
        if self._refusal is not None or self._path or not self._is_dump_ended:
            return None
        rest = piece[max(0, self._parser.ErrorByteIndex + self._shift - offset) :]
        return rest if rest.startswith(_NEXT_DUMP) else None

    def _add_broken(self, reason: str, at: int, line: int) -> None:
        """A record for the page that cannot be read, or for what is broken between pages."""
        offset = self.free_offset(self._page.offset if self._page else at)
        self._last_offset = offset
        self.has_broken = True
        self._done.append(unreadable(offset, f"broken XML: {reason} (byte {at}, line {line})"))

    def take(self) -> list[Record]:
        """Records that are complete, each once."""
        done, self._done = self._done, []
        return done

    def free_offset(self, at: int) -> int:
        """``at``, or the next offset that no record has."""
        return max(at, self._last_offset + 1)

    def _refuse_entities(self, *_: object) -> None:
        self.is_ended = True
        self._refuse("a document type declaration")

    def _refuse(self, reason: str) -> None:
        self._refusal = reason, self._parser.CurrentByteIndex
        error = xml.parsers.expat.ExpatError(reason)
        error.code, error.lineno = 0, self._parser.CurrentLineNumber
        raise error

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append(name)
        if len(self._path) > _MAX_DEPTH:
            self._refuse(f"elements nested deeper than {_MAX_DEPTH}")
        self._text.clear()
        self._text_size = 0
        if name == "mediawiki":
            self._language = attributes.get("xml:lang", self._language)
        elif name == "namespace":
            self._namespace_key = attributes.get("key", "")
        elif name == "page":
            if self._page is not None:
                self._refuse("a page that is not closed")
            self._page = Page(self._shift + self._parser.CurrentByteIndex)
            self.pages += 1
        elif name == "revision" and self._page is not None:
            self._revision = Revision(self._shift + self._parser.CurrentByteIndex)
        elif name == "redirect" and self._page is not None:
            self._page.is_redirect = True

    def _characters(self, characters: str) -> None:
        if self._text_size <= self._max_bytes:
            self._text.append(characters)
        self._text_size += len(characters)

    def _end(self, name: str) -> None:
        self._path.pop()
        if not self._path:
            self._is_dump_ended = True
        parent = self._path[-1] if self._path else ""
        if name == "page":
            self._end_page()
        elif name == "revision" and self._page is not None and self._revision is not None:
            self._end_revision(self._page, self._revision)
            self._revision = None
        elif parent == "revision" and self._revision is not None:
            if name == "text":
                self._revision.text = "".join(self._text)
                self._revision.size = self._text_size
            else:
                self._revision.fields[name] = "".join(self._text)[:1000]
        elif parent == "page" and self._page is not None:
            self._page.fields[name] = "".join(self._text)[:1000]
        elif name == "namespace" and self._namespace_key != "0":
            label = "".join(self._text).strip().lower()
            self._namespaces[label] = self._namespace_key
            if self._namespace_key in _MEDIA_NAMESPACES:
                self._dropped_namespaces.add(label)
        elif name == "base":
            self._base = "".join(self._text).strip()
        self._text.clear()
        self._text_size = 0

    def _end_revision(self, page: Page, revision: Revision) -> None:
        """Keep the latest revision of a page; the others are records without a text."""
        if page.latest is None:
            page.latest = revision
            return
        older, newer = sorted((page.latest, revision), key=lambda each: each.order)
        page.latest = newer
        self._done.append(self._record(page, older, skip_rule="old_revision"))

    def _end_page(self) -> None:
        page, self._page = self._page, None
        if page is None:
            return
        if page.latest is None:
            page.latest = Revision(self.free_offset(page.offset))
        self._done.append(self._latest(page, page.latest))

    def _latest(self, page: Page, revision: Revision) -> Record:
        if self._namespace(page) not in self._wanted:
            return self._record(page, revision, skip_rule="namespace")
        is_redirect = page.is_redirect or revision.text.lstrip()[:20].lower().startswith(_REDIRECTS)
        if is_redirect and not self._wants_redirects:
            return self._record(page, revision, skip_rule="redirect")
        if revision.fields.get("model", "") not in _PROSE_MODELS:
            return self._record(page, revision, skip_rule="content_model")
        if revision.size > self._max_bytes:
            return self._record(page, revision, skip_rule="too_large")
        text = wikitext_to_text(revision.text, self._dropped_namespaces)
        return document_or_empty(self._record(page, revision, text=text))

    def _namespace(self, page: Page) -> str:
        number = page.fields.get("ns")
        if number is not None:
            return number.strip()
        # Dumps before 2011 give no number: the title tells.
        name, colon, _ = page.fields.get("title", "").partition(":")
        return self._namespaces.get(name.strip().lower(), "0") if colon else "0"

    def _record(
        self,
        page: Page,
        revision: Revision,
        text: str | None = None,
        skip_rule: str | None = None,
    ) -> Record:
        self._last_offset = max(self._last_offset, revision.offset)
        title = page.fields.get("title", "").strip()
        number = revision.fields.get("id", "").strip()
        return Record(
            offset=revision.offset,
            key=f"{title} {number}".strip(),
            raw=revision.text.encode("utf-8", "surrogatepass"),
            raw_bytes=revision.size if skip_rule == "too_large" else None,
            url=self._address(title),
            title=title or None,
            published=parse_date(revision.fields.get("timestamp")),
            language_hint=self._language,
            text=text,
            skip_rule=skip_rule,
        )

    def _address(self, title: str) -> str | None:
        folder = self._base.rpartition("/")[0]
        return f"{folder}/{title.translate(_IN_ADDRESSES)}" if folder and title else None
