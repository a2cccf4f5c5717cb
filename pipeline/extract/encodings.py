"""Bytes -> text: which encoding they are in, told the way browsers tell it."""

import codecs
import re
from collections.abc import Callable

from resiliparse.parse.encoding import detect_encoding, map_encoding_to_html5

from pipeline.extract.code_pages import find_code_page, likeliest_code_page
from pipeline.extract.utf16_units import find_by_units, is_ascii_in_pairs

_WIDE = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    ("<".encode("utf-32-le"), "utf-32-le"),
    ("<".encode("utf-32-be"), "utf-32-be"),
    ("<".encode("utf-16-le"), "utf-16-le"),
    ("<".encode("utf-16-be"), "utf-16-be"),
)
"""How markup begins in wide units, the longer first; browsers know no UTF-32."""
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins with that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Browsers read these as their supersets.
_SUPERSETS = {
    "big5": "big5hkscs",
    "euc_kr": "cp949",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "iso8859-11": "cp874",
}
_OTHER_LABELS = {
    "x-mac-cyrillic": "mac_cyrillic",
    "x-mac-ukrainian": "mac_cyrillic",
    "csiso2022kr": "iso2022_kr",
    "iso-2022-kr": "iso2022_kr",
    "hz-gb-2312": "hz",
}
"""What resiliparse lacks of the labels of the WHATWG. Browsers show nothing of the last three, as
scripts can hide in them; a corpus has no scripts to fear."""
_SEVEN_BITS = ("hz", "iso2022_kr", "utf_7")
"""ASCII by their bytes, so that nothing but a declaration tells them."""
_SINGLE_BYTE = ("cp125", "cp4", "cp8", "iso8859", "koi8", "mac")
# A page put together by many hands may hold this share of bytes that its encoding forbids.
_TOLERATED_ERRORS = 0.005
_META = re.compile(
    rb"""<meta[^>]+?charset\s*=\s*["']?\s*([\w.:\-]+)|<\?xml[^>]+?encoding\s*=\s*["']([\w.:\-]+)""",
    re.I,
)
_META_BYTES = 4096
_UTF16_BYTES = 4096
_TELLING_ASCII = 64
# Of the units of a Chinese table a few in a hundred are signs and line ends.
_UTF16_ZEROS = 0.01
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_COMMENT = re.compile(rb"<!--(?:>|->|.*?(?:-->|--!>|\Z))", re.S)
_DETECTED_BYTES = 1 << 17
_TELLING_UTF8 = 8
"""So many bytes that continue characters of valid UTF-8 tell it, whatever is declared. A character
or two of GB 2312 can look so; four in a row hardly do."""
_HANGUL = re.compile("[가-힣]")
_KOREAN_SHARE = 0.8
_JAPANESE_SHIFT = re.compile(rb"\x1b\$[@B]")
# Windows-1252 leaves five bytes undefined; browsers read them as the controls of Latin-1.
_C1_HOLES = {byte: chr(byte) for byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D)}


def _fill_c1_holes(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    piece = error.object[error.start : error.end]
    return "".join(_C1_HOLES.get(byte, "\ufffd") for byte in piece), error.end


codecs.register_error("corpusmill-c1", _fill_c1_holes)


def find_encoding(name: str | None) -> str | None:
    """Python's name of the encoding that a browser takes ``name`` for; ``None`` when unknown, as
    UTF-7, Johab and EBCDIC are: what declares them is told as if it declared nothing.

    >>> find_encoding("ISO-8859-1"), find_encoding("gb2312"), find_encoding("utf8")
    ('cp1252', 'gb18030', 'utf-8')
    >>> find_encoding("x-no-such-thing") is None
    True
    """
    if not name:
        return None
    label = name.strip().strip("\"'").lower()
    standard = _OTHER_LABELS.get(label) or map_encoding_to_html5(label, fallback_utf8=False)
    if standard is None:
        return None
    try:
        return codecs.lookup(_SUPERSETS.get(standard, standard)).name
    except LookupError:
        return None


def decode_html(html: bytes, declared: str | None = None) -> str:
    """Decode a page: byte order mark, declared by the server, by the page, then detection.

    A declaration that the bytes contradict gives way to the next, as does any when the bytes
    beyond ASCII are valid UTF-8, which those of other encodings hardly ever are.

    >>> decode_html("<meta charset=gb2312><p>茶叶商会".encode("gb18030"))
    '<meta charset=gb2312><p>茶叶商会'
    >>> decode_html("<p>déjà".encode(), "iso-8859-1")
    '<p>déjà'
    """
    if (wide := find_wide(html)) is not None:
        return html.decode(wide, "replace")
    names = [find_encoding(declared)]
    # What a comment holds declares nothing, as in browsers' prescan.
    for match in _META.finditer(_COMMENT.sub(b" ", html[:_META_BYTES])):
        name = find_encoding((match[1] or match[2]).decode("ascii", "replace"))
        # What can read this line as ASCII is not UTF-16: browsers take UTF-8 then.
        names.append("utf-8" if name is not None and name.startswith("utf-16") else name)
    return _decode(html, names)


def decode_text(text: bytes, declared: str | None = None) -> str:
    """Decode plain text: byte order mark, UTF-8 where valid, as declared, then detection.

    >>> decode_text("春天的茶園裡霧氣很重，採茶的人天未亮就上山".encode("big5"))
    '春天的茶園裡霧氣很重，採茶的人天未亮就上山'
    """
    if _JAPANESE_SHIFT.search(text[:_DETECTED_BYTES]) and text.isascii():
        return text.decode("iso2022_jp", "replace")
    name = find_encoding(declared) or find_code_page(declared)
    names = [find_utf16(text), "utf-8", name]
    if name in _SEVEN_BITS:
        names.insert(0, name)
    return _decode(text, names, likeliest_code_page)


def find_wide(markup: bytes) -> str | None:
    """Python's name of the UTF-32, or the UTF-16 without a mark, that markup begins in.

    >>> find_wide("<p>".encode("utf-32")), find_wide("<p>".encode("utf-16-be"))
    ('utf-32', 'utf-16-be')
    """
    return next((name for start, name in _WIDE if markup.startswith(start)), None)


def find_utf16(text: bytes) -> str | None:
    r"""Python's name of the UTF-16 that a text is in: by its mark or, as what is written for
    spreadsheets often has none, by the zeros beside its signs and line ends, or by its characters.

    >>> find_utf16("id,茶\r\n".encode("utf-16")), find_utf16("id,茶\r\n".encode("utf-16-be"))
    ('utf-16-le', 'utf-16-be')
    >>> find_utf16(b"id,title\r\n") is None
    True
    """
    for mark, name in _BOMS:
        if text.startswith(mark):
            return name if name.startswith("utf-16") and not _is_ascii(text[len(mark) :]) else None
    head = text[:_UTF16_BYTES]
    head = head[: len(head) // 2 * 2]
    for name, low, high in (
        ("utf-16-le", head[::2], head[1::2]),
        ("utf-16-be", head[1::2], head[::2]),
    ):
        zeros = high.count(0)
        has_zeros = zeros > 1 and zeros > _UTF16_ZEROS * len(high)
        if has_zeros and 0 not in low and not is_ascii_in_pairs(low, high):
            try:
                head.decode(name)
            except UnicodeDecodeError:
                continue
            return name
    return find_by_units(head)


def _is_ascii(text: bytes) -> bool:
    """Whether what stands behind a mark of UTF-16 is ASCII, and the mark a damage: half of the
    bytes of any text in UTF-16 are something else."""
    head = text[:_UTF16_BYTES]
    return len(head) >= _TELLING_ASCII and head.isascii() and b"\0" not in head


def _decode(
    data: bytes,
    names: list[str | None],
    settle: Callable[[bytes, str | None], str | None] = lambda _, detected: detected,
) -> str:
    for mark, name in _BOMS:
        if data.startswith(mark):
            data = data[len(mark) :]
            if name.startswith("utf-16") and _is_ascii(data):
                break
            return data.decode(name, "replace")
    candidates = [name for name in names if name is not None]
    if (text := _as_telling_utf8(data)) is not None:
        return text
    # Any bytes are valid in a single-byte encoding, so it proves nothing: it comes last.
    candidates.sort(key=is_single_byte)
    if all(map(is_single_byte, candidates)):
        # Japanese in seven bits is ASCII, too.
        candidates[:0] = ["iso2022_jp", "utf-8"] if _JAPANESE_SHIFT.search(data) else ["utf-8"]
    for name in candidates:
        try:
            return data.decode(name, _errors(name))
        except UnicodeDecodeError:
            continue
    texts = [data.decode(name, "replace") for name in candidates if name != "utf-8"]
    utf8 = data.decode("utf-8", "replace")
    if 2 * utf8.count("\ufffd") <= len(utf8) - len(utf8.encode("ascii", "ignore")):
        texts.append(utf8)  # else what is beyond ASCII is mostly no UTF-8
    telling = _telling(data)
    name = settle(telling, _detected(telling)) or "cp1252"
    texts.append(data.decode(name, _errors(name, "replace")))
    for text in texts:
        if text.count("\ufffd") <= _TOLERATED_ERRORS * len(text):
            return text
    return min(texts, key=lambda text: text.count("\ufffd"))


def likeliest_encoding(text: bytes) -> str:
    """Python's name of the encoding, of those that browsers know, that text which is not UTF-8 is
    most likely in; that of Western Windows where nothing tells it.

    >>> likeliest_encoding("春天的茶园里雾气很重，采茶的人天未亮就上山".encode("gbk"))
    'gb18030'
    """
    return _detected(_telling(text)) or "cp1252"


def _telling(data: bytes) -> bytes:
    """Text from shortly before the first character beyond ASCII on."""
    first = _BEYOND_ASCII.search(data)
    return data[max(0, first.start() - _DETECTED_BYTES // 16) :] if first else data


def _detected(telling: bytes) -> str | None:
    detected = find_encoding(detect_encoding(telling, _DETECTED_BYTES))
    if detected != "utf-8":
        return detected
    return "cp949" if _is_korean(telling[:_DETECTED_BYTES]) else None  # nothing was found


def is_single_byte(name: str) -> bool:
    """Whether an encoding, by Python's name of it, is one that any bytes are valid in."""
    return name.startswith(_SINGLE_BYTE)


def _as_telling_utf8(data: bytes) -> str | None:
    """The text, where it is valid UTF-8 with enough beyond ASCII; the last character may be cut."""
    try:
        text, used = codecs.utf_8_decode(data, "strict", False)
    except UnicodeDecodeError:
        return None
    if used - len(text) < _TELLING_UTF8:
        return None
    return text if used == len(data) else text + "\ufffd"


def _is_korean(text: bytes) -> bool:
    """Whether what is beyond ASCII is Hangul, read as EUC-KR; detectors of the web miss it."""
    read = text.decode("cp949", "replace")
    beyond = len(read) - len(read.encode("ascii", "ignore"))
    return beyond > 1 and len(_HANGUL.findall(read)) > _KOREAN_SHARE * beyond


def _errors(name: str, others: str = "strict") -> str:
    return "corpusmill-c1" if name == "cp1252" else others
