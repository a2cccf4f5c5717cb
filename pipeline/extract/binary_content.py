"""Bytes that are no page and no text: images, sound, archives, fonts, PDF, programs."""

import codecs
import re

from pipeline.extract.encodings import find_encoding, find_utf16, find_wide

_HEADER_BYTES = 1445
"""The resource header of the WHATWG's MIME Sniffing: as much as browsers look at."""
_SIGNATURES = re.compile(
    rb"""
    \x89PNG\r\n\x1a\n | GIF8[79]a | \xff\xd8\xff | BM.{4}\0{4} | \0\0[\x01\x02]\0
    | II\*\0 | MM\0\* | 8BPS\0
    | RIFF.{4}(?:WEBPVP|AVI\x20|WAVE) | FORM.{4}AIF[FC] | ID3[\x02-\x04][\0-\x0f] | OggS\0
    | MThd\0\0\0\x06 | .{4}ftyp[ -~]{4} | \x1aE\xdf\xa3 | fLaC\0 | FLV\x01 | [CF]WS[\x01-\x40].{3}\0
    | \x1f\x8b\x08 | PK(?:\x03\x04|\x05\x06) | Rar!\x1a\x07 | BZh[1-9](?:1AY&SY|\x17rE8P)
    | \xfd7zXZ\0 | \x28\xb5\x2f\xfd | \x04\x22\x4d\x18 | 7z\xbc\xaf\x27\x1c
    | .{34}LP | \0\x01\0\0\0 | OTTO\0 | ttcf\0 | wOF[F2](?:\0\x01\0\0|OTTO|true)
    | %PDF- | %!PS-Adobe- | \xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 | \x7fELF[\x01\x02] | MZ[^\n]?\0
    | SQLite\ format\ 3\0 | PAR1\x15 | \xca\xfe\xba\xbe\0 | \0asm\x01
    """,
    re.S | re.X,
)
"""Those of MIME Sniffing (https://mimesniff.spec.whatwg.org, sections 6 and 7), and of what else
the web serves under the name of a page. Those of letters alone take the bytes behind them, too,
so that a text may begin with BM or OTTO."""
_CONTROLS = bytes([*range(9), 0x0B, *range(0x0E, 0x1B), *range(0x1C, 0x20)])
"""The binary data bytes of MIME Sniffing (section 3); ESC shifts ISO-2022 texts."""
_MOST_CONTROLS = 0.04
"""Of random bytes a tenth is such; in pages a stray NUL is one in thousands."""
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
_KOREAN_SHIFT = b"\x1b$)C"
"""What ISO-2022-KR begins with, whose shifts are SO and SI."""


def has_binary_signature(data: bytes) -> bool:
    r"""Whether bytes begin as an image, sound, video, an archive, a font, a PDF or a program does.

    >>> has_binary_signature(b"%PDF-1.4\n%"), has_binary_signature(b"BMW builds <b>cars</b>")
    (True, False)
    """
    return _SIGNATURES.match(data) is not None


def is_binary(data: bytes, declared: str | None = None) -> bool:
    r"""Whether bytes are neither a page nor a text, as browsers tell it: by their signature, or by
    control characters where there is no markup (or so many of them that ``<`` is chance).

    ``declared`` is the encoding that the server declared.

    >>> is_binary(b"\x89PNG\r\n\x1a\n\0"), is_binary(b"\x01\x02words"), is_binary(b"<p>a\0")
    (True, True, False)
    """
    if has_binary_signature(data):
        return True
    head = data[:_HEADER_BYTES]
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if not controls or head.startswith(_MARKS) or _KOREAN_SHIFT in head:
        return False
    if b"<" in head and controls <= _MOST_CONTROLS * len(head):
        return False
    if find_wide(head) or find_utf16(head) or head.lstrip().startswith(b"<"):
        return False
    name = find_encoding(declared) or ""
    return not name.startswith(("utf-16", "iso2022"))
