"""The zip archive of an EPUB, read within bounds: nothing in it unfolds beyond a limit."""

import posixpath
import stat
from typing import BinaryIO
from urllib.parse import unquote, urlsplit
from zipfile import ZipInfo

from lxml import etree

from pipeline.extract.xml_text import PARSER_BOUNDS
from pipeline.sources.zip_directory import DEFECTS, first_line, open_zip
from schemas.errors import RecordError

MAX_RATIO = 200
"""An entry that unfolds to more than this times its stored size is a bomb: prose reaches 5."""
_SMALL = 1 << 20  # below this the ratio does no harm: a page of blanks is no bomb


class EpubArchive:
    """Entries of an EPUB by their path in it. Nothing is ever written to a file system."""

    def __init__(self, stored: BinaryIO, max_bytes: int) -> None:
        """Read the directory.

        Raises:
            RecordError: no zip archive, a broken directory, or one too large.
        """
        self._zip = open_zip(stored)
        self._entries = {entry.filename.replace("\\", "/"): entry for entry in self._zip.infolist()}
        self._replaced = {
            entry.filename.replace("\\", "/")
            for entry in self._zip.infolist()
            if _differs(entry, self._entries[entry.filename.replace("\\", "/")])
        }
        self._folded = {name.casefold(): name for name in self._entries}
        self._left = max_bytes
        self._max_bytes = max_bytes
        self._encrypted: frozenset[str] = frozenset()
        self._encrypted = self._encrypted_names()

    def names(self) -> list[str]:
        """Paths of all entries, as the directory lists them."""
        return list(self._entries)

    def directory(self) -> bytes:
        """Name, size and checksum of every entry: the identity of what the archive holds."""
        return "\n".join(
            f"{name} {entry.file_size} {entry.CRC:08x}" for name, entry in self._entries.items()
        ).encode("utf-8", "replace")

    def find(self, name: str) -> str | None:
        """Path of an entry as it is spelled, where only the case differs; else ``None``."""
        return name if name in self._entries else self._folded.get(name.casefold())

    def is_replaced(self, name: str) -> bool:
        """Whether an entry stands behind another one of its name and other content: the last
        counts, as when an archive is updated by writing on."""
        return self.find(name) in self._replaced

    def locate(self, folder: str, href: str) -> str | None:
        """Path that a reference from ``folder`` means; ``None`` when it leaves the archive. Some
        archives hold names with their escapes: ``ch%201.xhtml``."""
        path = resolve(folder, href)
        if path is None or self.find(path) is not None:
            return path
        literal = resolve(folder, href.replace("%", "%25"))
        return literal if literal is not None and self.find(literal) is not None else path

    def read(self, name: str) -> bytes:
        """Content of an entry.

        Raises:
            RecordError: missing, encrypted, broken, or beyond the limits.
        """
        spelled = self.find(name)
        if spelled is None:
            raise RecordError(f"{name}: not in the archive", 0)
        entry = self._entries[spelled]
        if spelled in self._encrypted or entry.flag_bits & 1:
            raise RecordError(f"{name}: encrypted", entry.header_offset)
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise RecordError(f"{name}: a symbolic link, not a page", entry.header_offset)
        if entry.file_size > max(_SMALL, MAX_RATIO * max(entry.compress_size, 1)):
            raise RecordError(
                f"{name}: unfolds to {entry.file_size} bytes from {entry.compress_size}, "
                f"more than {MAX_RATIO} times its size",
                entry.header_offset,
            )
        if entry.file_size > self._left:
            raise RecordError(
                f"{name}: with it the book unfolds to more than {self._max_bytes} bytes",
                entry.header_offset,
            )
        try:
            with self._zip.open(entry) as opened:
                # What the directory says of the size may be false: never read past it.
                content = opened.read(entry.file_size)
        except DEFECTS as error:
            raise RecordError(
                f"{name}: broken zip entry: {first_line(error)}", entry.header_offset
            ) from None
        self._left -= len(content)
        return content

    def _encrypted_names(self) -> frozenset[str]:
        try:
            root = parse_xml(self.read("META-INF/encryption.xml"))
        except RecordError:
            return frozenset()
        uris = [
            element.get("URI", "")
            for element in root.iter()
            if isinstance(element.tag, str) and element.tag.rpartition("}")[2] == "CipherReference"
        ]
        found = (self.find(path) for path in (self.locate("", uri) for uri in uris) if path)
        return frozenset(name for name in found if name)


def _differs(entry: ZipInfo, other: ZipInfo) -> bool:
    return (entry.CRC, entry.file_size) != (other.CRC, other.file_size)


def resolve(folder: str, href: str) -> str | None:
    """Path in the archive that a reference from ``folder`` means; ``None`` when it leaves it.

    >>> resolve("OPS/text", "../img/a%20b.svg#x"), resolve("OPS", "/OPS/a.xhtml")
    ('OPS/img/a b.svg', 'OPS/a.xhtml')
    >>> resolve("OPS", "../../etc/passwd") is resolve("", "file:///etc/passwd") is None
    True
    """
    try:
        parts = urlsplit(href)
    except ValueError:
        return None
    if parts.scheme or parts.netloc:
        return None
    path = unquote(parts.path)
    # An absolute path counts from the root of the archive (EPUB 3.3, container root URL).
    path = path.lstrip("/") if path.startswith("/") else posixpath.join(folder, path)
    path = posixpath.normpath(path)
    return None if path == ".." or path.startswith("../") else path


def parse_xml(content: bytes) -> "etree._Element":
    """Root of an XML document: what is broken is mended where libxml2 can, entities stay as they
    are, nothing is fetched.

    Raises:
        RecordError: nothing can be made of it.
    """
    parser = etree.XMLParser(recover=True, **PARSER_BOUNDS)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise RecordError(f"broken XML: {first_line(error)}", 0) from None
    if root is None:
        raise RecordError("broken XML: nothing in it", 0)
    return root
