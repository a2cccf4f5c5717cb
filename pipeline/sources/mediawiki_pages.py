"""Pages of a MediaWiki dump, and where they begin, found without parsing it.

Text is escaped in a dump, so that ``<page>`` is the start of a page wherever it stands: there a
parser can begin anew when the XML before it is broken.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_START = re.compile(rb"<page(?=[\s>])")
_PARTIAL_START = re.compile(rb"<(?:p(?:a(?:g(?:e)?)?)?)?\Z")


@dataclass(slots=True)
class Revision:
    """A revision, as far as it is read."""

    offset: int
    fields: dict[str, str] = field(default_factory=dict)
    text: str = ""
    size: int = 0

    @property
    def order(self) -> tuple[str, int]:
        """Later revisions are greater. Times are ISO 8601 in UTC, which sort as text."""
        number = self.fields.get("id", "")
        return self.fields.get("timestamp", ""), int(number) if number.isdecimal() else 0


@dataclass(slots=True)
class Page:
    """A page, as far as it is read, with the latest of its revisions."""

    offset: int
    fields: dict[str, str] = field(default_factory=dict)
    is_redirect: bool = False
    latest: Revision | None = None


def begins_page(piece: bytes) -> bool:
    """Whether a piece begins with the start of a page."""
    return _START.match(piece) is not None


def split_at_pages(chunks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Pieces of a dump with their offsets: no chunk is joined, each start of a page begins one.

    >>> list(split_at_pages([b"<mediawiki><pa", b"ge><x/></page><page>"]))
    [(0, b'<mediawiki>'), (11, b'<page><x/></page>'), (28, b'<page>')]
    """
    offset = 0
    held = b""
    for chunk in chunks:
        data = held + chunk
        partial = _PARTIAL_START.search(data, max(0, len(data) - len(b"<page")))
        held = data[partial.start() :] if partial else b""
        data = data[: len(data) - len(held)]
        starts = [match.start() for match in _START.finditer(data)]
        for start, end in zip([0, *starts], [*starts, len(data)], strict=True):
            if end > start:
                yield offset + start, data[start:end]
        offset += len(data)
    if held:
        yield offset, held
