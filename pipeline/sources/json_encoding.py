"""Lines of JSON in another encoding than the UTF-8 that JSON is to be in.

In those that plain texts have (GB 18030, Big5, Shift JIS, Windows-1252) no character holds a line
end or a quotation mark, so lines are found as bytes and decoded one by one.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import replace

from pipeline.extract.encodings import is_single_byte, likeliest_encoding
from pipeline.sources.lines import Line

_FEW_LINES = 2
_FEW_BYTES = 8
"""Fewer lines that are no UTF-8, with fewer bytes beyond ASCII in them, are a damage."""
_TELLING_UTF8 = 8
_RUN = re.compile(rb"[\x80-\xff]+")
_LONG_RUN = 4
_BEFORE_OBJECT = codecs.BOM_UTF8 + b" \t\r,[\x1e"
_THREE_BYTES = "\u0800"
"""The first character that takes three bytes in UTF-8. Those of two may be a character of GBK."""


def find_encoding_of_lines(head: bytes) -> str | None:
    """Python's name of the encoding of JSON whose content begins with ``head``; ``None`` for UTF-8,
    also where some lines are damaged.

    >>> find_encoding_of_lines('{"text": "茶叶的价格这个星期上涨了"}'.encode("gbk"))
    'gb18030'
    >>> find_encoding_of_lines('{"text": "茶叶"}\\n'.encode() + b'{"text": "\\xff"}\\n' * 9) is None
    True
    """
    if head.isascii():
        return None
    lines = [
        line
        for line in head.split(b"\n")
        if not line.isascii() and line.lstrip(_BEFORE_OBJECT).startswith(b"{")
    ]
    others = []
    for line in lines:
        text = _decoded(line, "utf-8")
        if text is None:
            others.append(line)
        elif len(text.encode()) - len(text) >= _TELLING_UTF8 or max(text) >= _THREE_BYTES:
            return None
    joined = b"\n".join(others)
    num_beyond = len(joined) - len(joined.decode("ascii", "ignore"))
    if not others or (len(others) < _FEW_LINES and num_beyond < _FEW_BYTES):
        return None
    name = likeliest_encoding(joined)
    if name == "cp1252" and _has_long_runs(joined):  # what is taken where nothing is found
        return None
    num_decoded = sum(_decoded(line, name) is not None for line in others)
    return name if 2 * num_decoded > len(others) else None


def _has_long_runs(text: bytes) -> bool:
    """Whether most bytes beyond ASCII stand in runs, which letters with accents do not."""
    runs = _RUN.findall(text)
    return 2 * sum(len(run) for run in runs if len(run) >= _LONG_RUN) > sum(map(len, runs))


def _decoded(line: bytes, name: str) -> str | None:
    """The text, if the line is in that encoding; its last character may be cut."""
    try:
        return codecs.getincrementaldecoder(name)().decode(line)
    except UnicodeDecodeError:
        return None


def in_utf8(lines: Iterator[Line], encoding: str) -> Iterator[Line]:
    """The lines in UTF-8; offsets and sizes are those they are stored with. One that is not in
    the encoding, or not here to its end, stays as it is."""
    for line in lines:
        if line.bytes.isascii() or not line.is_complete or line.size > len(line.bytes):
            yield line
        else:
            yield replace(line, bytes=_as_utf8(line.bytes, encoding))


def _as_utf8(line: bytes, encoding: str) -> bytes:
    try:
        text = line.decode()
    except UnicodeDecodeError:
        pass
    else:
        if is_single_byte(encoding) or max(text) >= _THREE_BYTES:
            return line
    try:
        return line.decode(encoding).encode()
    except UnicodeDecodeError:
        return line
