"""Bytes of HTML: names, comments, raw text and attributes, as a tokenizer reads them."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.extract.html_columns import LANGUAGE
from pipeline.extract.html_tags import (
    ATTRIBUTE_KEYS,
    ATTRIBUTE_VALUES,
    ATTRIBUTES,
    HINT_KEYS,
    HINT_VALUES,
    TAGS,
    look_up,
)

_SHADOW_ROOT = np.uint64(int.from_bytes(b"shadowro", "big"))
_BODY, _HTML, _SCRIPT = (TAGS[n] for n in ("body", "html", "script"))
_CLASS, _ID, _ROLE, _ITEMPROP, _STYLE, _HIDDEN, _ARIA, _REL, _HREF, _LANG, _TYPE = (
    ATTRIBUTES.values()
)
_LICENCE_WORD = int.from_bytes(b"license", "big")
# What the attributes of a tag tell.
(
    HINTS_FOUND, SIGNATURE_FOUND, DIMMED, GONE, LICENSED, IS_DATA, HREF_START, HREF_END, CLOSED,
    SELF_CLOSING, IS_FRAGMENT,
) = range(11)  # fmt: skip
NUM_FOUND = 11
_PROLOG_BYTES = 4096
_XML, _HTML_TAG, _DOCTYPE, _XHTML, _XMLNS = (
    np.frombuffer(word, np.uint8) for word in (b"<?xml", b"<html", b"<!doctype", b"xhtml", b"xmlns")
)


@njit(inline="always")
def is_letter(byte: int) -> bool:
    return ((byte | 32) >= 97) & ((byte | 32) <= 122)


@njit(cache=True, nogil=True)
def is_shadow_root(html: NDArray[np.uint8], start: int, end: int) -> bool:
    """Whether the tag of a template in these bytes says ``shadowrootmode``, or ``shadowroot``."""
    for at in range(start + 1, end - 9):
        # "shadowro": no other attribute begins so.
        if is_space(html[at - 1]) and _packed(html, at) == _SHADOW_ROOT:
            return True
    return False


@njit(cache=True, nogil=True)
def _packed(html: NDArray[np.uint8], start: int) -> np.uint64:
    packed = np.uint64(0)
    for at in range(start, start + 8):
        packed = packed << np.uint64(8) | np.uint64(html[at] | 32)
    return packed


@njit(inline="always")
def is_space(byte: int) -> bool:
    return (byte == 32) | ((byte >= 9) & (byte <= 13))


@njit(cache=True, nogil=True)
def is_space_reference(html: NDArray[np.uint8], at: int) -> bool:
    """Whether ``nbsp;`` or ``#160;`` stands at a place."""
    if at + 4 >= len(html) or html[at + 4] != 59:
        return False
    word = (html[at], html[at + 1], html[at + 2], html[at + 3])
    return word == (110, 98, 115, 112) or word == (35, 49, 54, 48)


@njit(cache=True, nogil=True)
def _find_word(html: NDArray[np.uint8], start: int, end: int, word: NDArray[np.uint8]) -> int:
    """First place of a lower-case word in any case; -1 without one."""
    for at in range(start, min(end, len(html)) - len(word) + 1):
        same = True
        for i in range(len(word)):
            byte = html[at + i]
            if 65 <= byte <= 90:
                byte |= 32
            if byte != word[i]:
                same = False
                break
        if same:
            return at
    return -1


@njit(cache=True, nogil=True)
def is_xml(html: NDArray[np.uint8]) -> bool:
    """Whether a page was written as XML: with an XML declaration, or XHTML with a name space, by
    its document type or, without any, by its root alone."""
    n = len(html)
    start = 0
    while start < n and is_space(html[start]):
        start += 1
    if _find_word(html, start, start + len(_XML), _XML) == start:
        return True
    doctype = _find_word(html, start, start + _PROLOG_BYTES, _DOCTYPE)
    end = start
    if doctype >= 0:
        end = doctype
        while end < n and html[end] != 62:
            end += 1
        if _find_word(html, doctype, end, _XHTML) < 0:
            return False
    root = _find_word(html, end, end + _PROLOG_BYTES, _HTML_TAG)
    if root < 0:
        return False
    end = root
    while end < n and html[end] != 62:
        end += 1
    space = _find_word(html, root, end, _XMLNS)
    return space >= 0 and (doctype >= 0 or _find_word(html, space, end, _XHTML) >= 0)


@njit(inline="always")
def read_name(html: NDArray[np.uint8], at: int) -> tuple[int, np.uint64]:
    """Place behind a tag's name, and its first eight bytes in lower case, packed."""
    start = at
    packed = np.uint64(0)
    while at < len(html) and not (is_space(html[at]) or html[at] == 47 or html[at] == 62):
        if at - start < 8:
            byte = html[at]
            if 65 <= byte <= 90:
                byte |= 32
            packed = packed << np.uint64(8) | np.uint64(byte)
        at += 1
    return at, packed


@njit(cache=True, nogil=True)
def find_end_tag(html: NDArray[np.uint8], at: int, start: int, length: int) -> int:
    """Where ``</name`` of a raw element begins; the end of the page when it never does."""
    n = len(html)
    while at < n - 1:
        if html[at] == 60 and html[at + 1] == 47 and at + 2 + length <= n:
            same = True
            for i in range(length):
                if html[at + 2 + i] | 32 != html[start + i] | 32:
                    same = False
                    break
            if same:
                return at
        at += 1
    return n


@njit(cache=True, nogil=True)
def skip_declaration(html: NDArray[np.uint8], at: int) -> int:
    """Place behind the comment, doctype or processing instruction that begins at a place."""
    n = len(html)
    if at + 3 < n and html[at + 2] == 45 and html[at + 3] == 45:
        at += 4
        if at < n and html[at] == 62:
            return at + 1
        while at < n and not (html[at] == 62 and html[at - 1] == 45 and html[at - 2] == 45):
            at += 1
    else:
        while at < n and html[at] != 62:
            at += 1
    at += 1
    return at


@njit(inline="always")
def read_attributes(
    html: NDArray[np.uint8],
    at: int,
    tag: int,
    is_end: bool,
    head: NDArray[np.int64],
    found: NDArray[np.int64],
) -> int:
    """Read the attributes of a tag up to its ``>``.

    ``found`` (int64 (NUM_FOUND,)) receives what they tell: hints, signature, whether the element
    is dimmed (``aria-hidden``) or gone, its link and whether that stays on the page, whether it
    ends in ``/>``; ``CLOSED`` stays 0
    where the page ends before the tag does. Returns the place behind the tag.
    """
    n = len(html)
    found[:] = 0
    signature = tag
    hints = 0
    found[HREF_START] = found[HREF_END] = -1
    slash = False
    while at < n:
        byte = html[at]
        if byte == 62:
            at += 1
            found[CLOSED] = 1
            found[SELF_CLOSING] = slash
            break
        if is_space(byte) or byte == 47:
            at += 1
            slash = byte == 47
            continue
        slash = False
        attribute = np.uint64(0)
        length = 0
        while at < n and not (
            is_space(html[at]) or html[at] == 47 or html[at] == 62 or (html[at] == 61 and length)
        ):
            if length < 8:
                byte = html[at]
                if 65 <= byte <= 90:
                    byte |= 32
                attribute = attribute << np.uint64(8) | np.uint64(byte)
            length += 1
            at += 1
        while at < n and is_space(html[at]):
            at += 1
        value_start = value_end = at
        if at < n and html[at] == 61:
            at += 1
            while at < n and is_space(html[at]):
                at += 1
            if at < n and (html[at] == 34 or html[at] == 39):
                quote = html[at]
                at += 1
                value_start = at
                while at < n and html[at] != quote:
                    at += 1
                value_end = at
                at += 1
            else:
                value_start = at
                while at < n and not (is_space(html[at]) or html[at] == 62):
                    at += 1
                value_end = at
        if is_end or length > 12:
            continue
        which = look_up(ATTRIBUTE_KEYS, ATTRIBUTE_VALUES, attribute)
        if which == 0:
            continue
        if which in (_CLASS, _ID, _ROLE, _ITEMPROP):
            if tag != _BODY and tag != _HTML:
                hints |= _hint_words(html, value_start, min(value_end, value_start + 400))
            if which == _CLASS:
                for i in range(value_start, min(value_end, value_start + 200)):
                    if html[i] < 48 or html[i] > 57:
                        signature = (signature * 31 + html[i]) & 0xFFFFFFF
        elif which == _STYLE:
            found[GONE] |= _hides(html, value_start, value_end)
        elif which == _HIDDEN and length == 6:
            found[GONE] = 1
        elif which == _ARIA:
            found[DIMMED] |= value_end - value_start == 4
        elif which == _REL:
            packed_value = np.uint64(0)
            for i in range(value_start, value_end + 1):
                if i < value_end and not is_space(html[i]):
                    packed_value = packed_value << np.uint64(8) | np.uint64(html[i] | 32)
                else:
                    found[LICENSED] |= packed_value == np.uint64(_LICENCE_WORD)
                    packed_value = np.uint64(0)
        elif which == _HREF:
            found[HREF_START], found[HREF_END] = value_start, value_end
            found[IS_FRAGMENT] = value_end - value_start > 1 and html[value_start] == 35
        elif which == _LANG and tag == _HTML and head[LANGUAGE] < 0:
            head[LANGUAGE], head[LANGUAGE + 1] = value_start, value_end
        elif which == _TYPE and tag == _SCRIPT:
            found[IS_DATA] = value_end - value_start == 19 and (html[value_start + 12] | 32) == 108
    found[SIGNATURE_FOUND] = signature
    found[HINTS_FOUND] = hints
    return at


@njit(cache=True, nogil=True)
def _hint_words(html: NDArray[np.uint8], start: int, end: int) -> int:
    bits = 0
    packed = np.uint64(0)
    length = 0
    before_lower = False
    for at in range(start, end):
        byte = html[at]
        if is_letter(byte):
            if byte < 97 and before_lower:
                bits |= look_up(HINT_KEYS, HINT_VALUES, packed)
                packed = np.uint64(0)
                length = 0
            if length < 8:
                packed = packed << np.uint64(8) | np.uint64(byte | 32)
            length += 1
            before_lower = byte >= 97
        else:
            if length:
                bits |= look_up(HINT_KEYS, HINT_VALUES, packed)
            packed = np.uint64(0)
            length = 0
            before_lower = False
    if length:
        bits |= look_up(HINT_KEYS, HINT_VALUES, packed)
    return bits


@njit(cache=True, nogil=True)
def _hides(html: NDArray[np.uint8], start: int, end: int) -> bool:
    """Whether a style holds ``display: none``."""
    at = start
    while at < end - 10:
        if (html[at] | 32) == 100 and (html[at + 3] | 32) == 112 and (html[at + 6] | 32) == 121:
            at += 7
            while at < end and (html[at] == 58 or html[at] == 32):
                at += 1
            return (
                at + 3 < end
                and (html[at] | 32) == 110
                and (html[at + 1] | 32) == 111
                and (html[at + 2] | 32) == 110
            )
        at += 1
    return False
