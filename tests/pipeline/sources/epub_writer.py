"""Small EPUBs for tests."""

import io
import zipfile
from collections.abc import Mapping, Sequence

CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OPS/book.opf" media-type="application/oebps-package+xml"/>'
    "</rootfiles></container>"
)
METADATA = """<dc:title>On  Tea</dc:title><dc:identifier id="id">urn:tea</dc:identifier>
<dc:creator id="a">Ada Leaf</dc:creator><dc:creator id="b">Bo Brush</dc:creator>
<meta refines="#b" property="role">ill</meta><dc:language>en-GB</dc:language>
<dc:date opf:event="conversion">2020-01-01</dc:date>
<dc:date opf:event="publication">1912-03</dc:date><dc:rights>CC0</dc:rights>"""


def page(body: str, title: str = "t") -> str:
    """One XHTML page."""
    return (
        '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.1//EN" '
        '"http://www.w3.org/TR/xhtml11/DTD/xhtml11.dtd"><html '
        'xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops">'
        f"<head><title>{title}</title></head><body>{body}</body></html>"
    )


def epub(
    pages: Mapping[str, str | bytes],
    *,
    spine: Sequence[str] | None = None,
    has_spine: bool = True,
    hrefs: Mapping[str, str] | None = None,
    types: Mapping[str, str] | None = None,
    nav: str | None = None,
    guide: str = "",
    metadata: str = METADATA,
    more: Mapping[str, str | bytes] | None = None,
) -> bytes:
    """An archive with ``pages`` (path below OPS -> content); ``spine`` lists them in order."""
    hrefs = hrefs or {}
    types = types or {}
    order = list(pages) if spine is None else spine
    properties = {nav: ' properties="nav"'} if nav else {}
    items = "".join(
        f'<item id="{name}" href="{hrefs.get(name, name)}" '
        f'media-type="{types.get(name, "application/xhtml+xml")}"'
        f"{properties.get(name, '')}/>"
        for name in dict.fromkeys([*pages, *order])
    )
    references = "".join(f'<itemref idref="{name}"/>' for name in order)
    spine_element = f"<spine>{references}</spine>" if has_spine else ""
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id">'
        '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/" '
        f'xmlns:opf="http://www.idpf.org/2007/opf">{metadata}</metadata>'
        f"<manifest>{items}</manifest>{spine_element}{guide}</package>"
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        entries = {"META-INF/container.xml": CONTAINER, "OPS/book.opf": package, **(more or {})}
        entries |= {f"OPS/{name}": content for name, content in pages.items()}
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()
