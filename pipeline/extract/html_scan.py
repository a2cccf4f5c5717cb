"""HTML bytes -> blocks of text: one pass, linear in the page, without a tree.

The scanner reads tags as a browser's tokenizer does and keeps a stack of what is open, with the
implied ends of paragraphs, list items and table cells. It is not a full tree builder (no adoption
agency, no foster parents): the text of a page comes in the order of its bytes.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.extract.html_columns import (
    ADDRESSES,
    ATS,
    BARS,
    BEGINS,
    BLOCK_COLUMNS,
    BOLD,
    BOXES,
    CAPITALS,
    CELL_NODE,
    CHARS,
    COLON,
    COMMAS,
    DEPTH,
    DIGITS,
    END,
    ENDS,
    HEAD_SLOTS,
    HINTED,
    IMAGES,
    INHERITED,
    ITALIC,
    ITEM_NODE,
    KINDS_AT,
    LANGUAGE,
    LICENCE,
    LINE,
    LINK_ENDS,
    LINK_STARTS,
    LINKED,
    LINKED_DATA,
    LINKS,
    NODE,
    NODE_COLUMNS,
    NOTICED,
    OFFSET,
    OPENS,
    PARENT,
    PLACE,
    PRE,
    QUOTES,
    ROW_NODE,
    SIGNATURE,
    START,
    STOPS,
    TAG,
    TITLE,
    UPPER,
    WIDE,
    WORDS,
)
from pipeline.extract.html_tags import (
    ATTRIBUTE_KEYS,
    ATTRIBUTE_VALUES,
    ATTRIBUTES,
    BARRIER,
    BLOCK,
    CELL,
    HEADING,
    HIDDEN_BIT,
    HINT_KEYS,
    HINT_VALUES,
    KINDS,
    NOTICE_KEYS,
    NOTICE_VALUES,
    NUM_NOTICES,
    RAW,
    SKIP,
    STRUCTURE_BITS,
    TAG_KEYS,
    TAG_VALUES,
    TAGS,
    VOID,
    look_up,
)

MAX_DEPTH = 512
"""Browsers stop nesting there; deeper elements are text in the deepest."""
MAX_BLOCKS = 60_000
MAX_NODES = 600_000

_A, _P, _LI, _UL, _OL, _BR, _IMG = (TAGS[n] for n in ("a", "p", "li", "ul", "ol", "br", "img"))
_DIV, _ADDRESS, _DT, _DD, _DL = (TAGS[n] for n in ("div", "address", "dt", "dd", "dl"))
_TR, _TD, _TH, _TABLE = (TAGS[n] for n in ("tr", "td", "th", "table"))
_TBODY, _THEAD, _TFOOT = (TAGS[n] for n in ("tbody", "thead", "tfoot"))
_BODY, _HTML, _TITLE, _SCRIPT, _PRE, _MENU = (
    TAGS[n] for n in ("body", "html", "title", "script", "pre", "menu")
)
_B, _STRONG, _HEAD, _I, _EM = (TAGS[n] for n in ("b", "strong", "head", "i", "em"))
_CLASS, _ID, _ROLE, _ITEMPROP, _STYLE, _HIDDEN, _ARIA, _REL, _HREF, _LANG, _TYPE = (
    ATTRIBUTES[n]
    for n in (
        "class",
        "id",
        "role",
        "itemprop",
        "style",
        "hidden",
        "aria-hid",
        "rel",
        "href",
        "lang",
        "type",
    )
)
_IN_LINK, _IN_SKIP, _IN_PRE, _IN_BOLD, _IN_ITALIC = 1, 2, 4, 8, 16
_LICENCE_WORD = int.from_bytes(b"license", "big")


@njit(inline="always")
def _is_letter(byte: int) -> bool:
    return ((byte | 32) >= 97) & ((byte | 32) <= 122)


@njit(inline="always")
def _is_space(byte: int) -> bool:
    return (byte == 32) | ((byte >= 9) & (byte <= 13))


@njit(cache=True, nogil=True)
def _find_end_tag(html: NDArray[np.uint8], at: int, start: int, length: int) -> int:
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
def _hint_words(html: NDArray[np.uint8], start: int, end: int) -> int:
    bits = 0
    packed = np.uint64(0)
    length = 0
    before_lower = False
    for at in range(start, end):
        byte = html[at]
        if _is_letter(byte):
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
def _note_word(block: NDArray[np.int64], word: np.uint64, length: int) -> None:
    """Count a word that is about the site."""
    if length < 2:
        return
    bits = look_up(NOTICE_KEYS, NOTICE_VALUES, word)
    if bits:
        block[NOTICED] += 1
        if block[WORDS] <= 2:
            block[OPENS] |= bits
        for kind in range(NUM_NOTICES):
            block[KINDS_AT + kind] += bits >> kind & 1


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


@njit(cache=True, nogil=True)
def _open_implied(stack: NDArray[np.int64], depth: int, tag: int) -> int:
    """Depth of the stack after the elements that a start tag closes are gone."""
    if tag in (_LI, _DT, _DD):
        for at in range(depth - 1, -1, -1):
            other = stack[at, 0]
            if other == tag or (tag != _LI and (other in (_DT, _DD))):
                return at
            if KINDS[other] & BLOCK and other != _P and other != _DIV and other != _ADDRESS:
                break
    elif tag in (_TR, _TBODY, _THEAD, _TFOOT):
        lowest = depth
        for at in range(depth - 1, -1, -1):
            other = stack[at, 0]
            if other == _TABLE:
                return lowest
            if other == _TR or (tag != _TR and (other in (_TBODY, _THEAD))):
                lowest = at
        return depth
    elif tag in (_TD, _TH):
        for at in range(depth - 1, -1, -1):
            other = stack[at, 0]
            if other in (_TD, _TH):
                return at
            if other in (_TR, _TABLE):
                break
    for at in range(depth - 1, -1, -1):
        other = stack[at, 0]
        if KINDS[other] & BLOCK:
            if other == _P or (KINDS[other] & HEADING and KINDS[tag] & HEADING):
                return at
            break
    return depth


@njit(nogil=True, cache=True)
def scan(
    html: NDArray[np.uint8],
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Read a page.

    Args:
        html: uint8 (bytes,), UTF-8.

    Returns:
        text uint8 (bytes of text,): white space collapsed, entities as they are;
        blocks int64 (num_blocks, BLOCK_COLUMNS): places in the text, counts, nodes;
        nodes int64 (num_nodes, NODE_COLUMNS): node 0 is the page, parents before children;
        head int64 (HEAD_SLOTS,): places in ``html`` of what the head says, -1 where it does not.
    """
    n = len(html)
    openings = 1
    for at in range(n):
        openings += html[at] == 60
    text = np.empty(n + 1, np.uint8)
    blocks = np.zeros((min(openings + 1, MAX_BLOCKS), BLOCK_COLUMNS), np.int64)
    nodes = np.zeros((min(openings + 1, MAX_NODES), NODE_COLUMNS), np.int64)
    head = np.full(HEAD_SLOTS, -1, np.int64)
    linked_data = 0
    # tag, node, inherited bits, flags, cell node, row node, item node
    stack = np.zeros((MAX_DEPTH, 7), np.int64)
    open_counts = np.zeros(len(KINDS), np.int64)
    stack[0, 0] = 0
    stack[0, 4] = stack[0, 5] = stack[0, 6] = -1
    depth = 1
    overflow = 0
    num_nodes = 1
    nodes[0, PARENT] = -1
    num_blocks = 0
    out = 0
    block = blocks[0]
    block[START] = 0
    space = False
    word = np.uint64(0)
    word_length = 0
    line_breaks = 0  # 1: one <br> since the last block; 2: a paragraph
    images = 0
    at = 0
    while at < n:
        byte = html[at]
        ends_block = False
        if (
            byte != 60
            or at + 1 >= n
            or not (
                _is_letter(html[at + 1])
                or html[at + 1] == 47
                or html[at + 1] == 33
                or html[at + 1] == 63
            )
        ):
            # --- text, up to the next '<'
            top = stack[depth - 1]
            flags = top[3]
            first = True
            while at < n and (html[at] != 60 or first):
                first = False
                byte = html[at]
                at += 1
                if flags & _IN_SKIP:
                    continue
                blank = _is_space(byte)
                if byte == 0xC2 and at < n and html[at] == 0xA0:
                    at += 1
                    blank = True
                elif (
                    byte == 38
                    and at + 4 < n
                    and html[at + 4] == 59
                    and (
                        (
                            html[at] == 110
                            and html[at + 1] == 98
                            and html[at + 2] == 115
                            and html[at + 3] == 112
                        )
                        or (
                            html[at] == 35
                            and html[at + 1] == 49
                            and html[at + 2] == 54
                            and html[at + 3] == 48
                        )
                    )
                ):
                    at += 5
                    blank = True
                elif (
                    byte == 0xE3
                    and at + 1 < n
                    and html[at] == 0x80
                    and html[at + 1] == 0x80
                    and block[BEGINS] == 0
                ):  # an ideographic space that sets the paragraph in
                    at += 2
                    blank = True
                if blank:
                    if flags & _IN_PRE:
                        if byte == 13:
                            continue
                        if byte == 10 and block[BEGINS] == 0:  # a blank line at the start
                            out = block[START]
                            continue
                        text[out] = byte if byte == 10 or byte == 9 else 32
                        out += 1
                    else:
                        space = True
                    if word_length:
                        _note_word(block, word, word_length)
                        word = np.uint64(0)
                        word_length = 0
                    continue
                if byte < 32 or byte == 127:
                    continue
                if block[BEGINS] == 0:
                    block[NODE] = top[1]
                    block[CELL_NODE] = top[4]
                    block[ROW_NODE] = top[5]
                    block[ITEM_NODE] = top[6]
                    block[OFFSET] = at
                    block[LINE] = line_breaks
                    block[IMAGES] = images
                    block[PRE] = 1 if flags & _IN_PRE else 0
                    block[BEGINS] = byte
                    block[BOXES] = top[2]
                    block[LINK_STARTS] = flags & _IN_LINK
                    line_breaks = 0
                    images = 0
                elif space:
                    text[out] = 32
                    out += 1
                space = False
                text[out] = byte
                out += 1
                block[LINK_ENDS] = flags & _IN_LINK
                if byte < 0x80:
                    block[CHARS] += 1
                    if flags & _IN_LINK:
                        block[LINKED] += 1
                    if flags & _IN_BOLD:
                        block[BOLD] += 1
                    if flags & _IN_ITALIC:
                        block[ITALIC] += 1
                    if _is_letter(byte):
                        if word_length == 0:
                            block[WORDS] += 1
                            if byte < 97:
                                block[CAPITALS] += 1
                        if byte < 97:
                            block[UPPER] += 1
                        if word_length < 8:
                            word = word << np.uint64(8) | np.uint64(byte | 32)
                        word_length += 1
                        block[ENDS] = 0
                    else:
                        if word_length:
                            _note_word(block, word, word_length)
                            word = np.uint64(0)
                            word_length = 0
                        if byte == 46 or byte == 33 or byte == 63:
                            block[STOPS] += 1
                            block[ENDS] = 1
                        elif byte == 44 or byte == 59:
                            block[COMMAS] += 1
                            block[ENDS] = 2
                        elif byte == 58:
                            block[ENDS] = 3
                            if block[COLON] == 0:
                                block[COLON] = block[CHARS]
                        elif 48 <= byte <= 57:
                            block[DIGITS] += 1
                            block[ENDS] = 0
                        elif byte == 41 or byte == 93:
                            block[ENDS] = 1 if block[ENDS] == 1 else 6
                        elif (byte != 34 and byte != 41 and byte != 39) or block[ENDS] != 1:
                            block[ENDS] = 4
                        if byte == 64:
                            block[ATS] += 1
                        elif byte == 124:
                            block[BARS] += 1
                        elif byte == 34:
                            block[QUOTES] += 1
                        elif byte == 47:
                            if out > block[START] + 2 and text[out - 2] == 47:
                                block[ADDRESSES] += 1
                            else:
                                block[BARS] += 1
                elif byte >= 0xC0:
                    follows = 1 if byte < 0xE0 else 2
                    block[CHARS] += 1
                    if byte >= 0xE3 and byte <= 0xEA:
                        block[CHARS] += 2
                        block[WIDE] += 1
                        block[WORDS] += 1
                        if flags & _IN_LINK:
                            block[LINKED] += 2
                        if flags & _IN_BOLD:
                            block[BOLD] += 2
                        block[ENDS] = 0
                        if byte == 0xE3 and at + 1 < n and html[at] == 0x80:
                            if html[at + 1] == 0x82:
                                block[STOPS] += 1
                                block[ENDS] = 1
                            elif html[at + 1] == 0x81:
                                block[COMMAS] += 1
                    elif byte == 0xEF and at + 1 < n and html[at] == 0xBC:
                        if html[at + 1] == 0x8C or html[at + 1] == 0x9B:
                            block[COMMAS] += 1
                            block[ENDS] = 2
                        elif html[at + 1] == 0x81 or html[at + 1] == 0x9F:
                            block[STOPS] += 1
                            block[ENDS] = 1
                        elif html[at + 1] == 0x9A:
                            block[ENDS] = 3
                    elif byte == 0xE2 and at + 1 < n and html[at] == 0x80:
                        if html[at + 1] == 0xA6:
                            block[ENDS] = 5
                        elif 0x98 <= html[at + 1] <= 0x9F:
                            block[QUOTES] += 1
                        elif html[at + 1] == 0xA2:
                            block[BARS] += 1
                    else:
                        block[ENDS] = 0
                        if word_length == 0 and follows:
                            block[WORDS] += 1
                        word_length += 1
                        word = np.uint64(0xFF)
                    if flags & _IN_LINK:
                        block[LINKED] += 1
                    if flags & _IN_BOLD:
                        block[BOLD] += 1
            continue

        second = html[at + 1]
        if second == 33 or second == 63:
            # --- comment, doctype, processing instruction
            if at + 3 < n and html[at + 2] == 45 and html[at + 3] == 45:
                at += 4
                if at < n and html[at] == 62:
                    at += 1
                    continue
                while at < n and not (html[at] == 62 and html[at - 1] == 45 and html[at - 2] == 45):
                    at += 1
            else:
                while at < n and html[at] != 62:
                    at += 1
            at += 1
            continue

        is_end = second == 47
        at += 2 if is_end else 1
        if is_end and not (at < n and _is_letter(html[at])):
            while at < n and html[at] != 62:
                at += 1
            at += 1
            continue
        name_start = at
        packed = np.uint64(0)
        while at < n and not (_is_space(html[at]) or html[at] == 47 or html[at] == 62):
            if at - name_start < 8:
                byte = html[at]
                if 65 <= byte <= 90:
                    byte |= 32
                packed = packed << np.uint64(8) | np.uint64(byte)
            at += 1
        name_length = at - name_start
        tag = look_up(TAG_KEYS, TAG_VALUES, packed)
        kind = KINDS[tag]
        own_hints = 0
        signature = tag
        hidden = False
        gone = False
        is_licence = False
        is_linked_data = False
        href_start = href_end = -1
        closed = False
        # --- attributes
        while at < n:
            byte = html[at]
            if byte == 62:
                at += 1
                closed = True
                break
            if _is_space(byte) or byte == 47:
                at += 1
                continue
            attribute = np.uint64(0)
            length = 0
            while at < n and not (
                _is_space(html[at])
                or html[at] == 47
                or html[at] == 62
                or (html[at] == 61 and length)
            ):
                if length < 8:
                    byte = html[at]
                    if 65 <= byte <= 90:
                        byte |= 32
                    attribute = attribute << np.uint64(8) | np.uint64(byte)
                length += 1
                at += 1
            while at < n and _is_space(html[at]):
                at += 1
            value_start = value_end = at
            if at < n and html[at] == 61:
                at += 1
                while at < n and _is_space(html[at]):
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
                    while at < n and not (_is_space(html[at]) or html[at] == 62):
                        at += 1
                    value_end = at
            if is_end or length > 12:
                continue
            which = look_up(ATTRIBUTE_KEYS, ATTRIBUTE_VALUES, attribute)
            if which == 0:
                continue
            if which in (_CLASS, _ID, _ROLE, _ITEMPROP):
                if tag != _BODY and tag != _HTML:
                    own_hints |= _hint_words(html, value_start, min(value_end, value_start + 400))
                if which == _CLASS:
                    for i in range(value_start, min(value_end, value_start + 200)):
                        if html[i] < 48 or html[i] > 57:
                            signature = (signature * 31 + html[i]) & 0xFFFFFFF
            elif which == _STYLE:
                gone |= _hides(html, value_start, value_end)
            elif which == _HIDDEN and length == 6:
                gone = True
            elif which == _ARIA:
                hidden |= value_end - value_start == 4
            elif which == _REL:
                packed_value = np.uint64(0)
                for i in range(value_start, value_end + 1):
                    if i < value_end and not _is_space(html[i]):
                        packed_value = packed_value << np.uint64(8) | np.uint64(html[i] | 32)
                    else:
                        is_licence |= packed_value == np.uint64(_LICENCE_WORD)
                        packed_value = np.uint64(0)
            elif which == _HREF:
                href_start, href_end = value_start, value_end
            elif which == _LANG and tag == _HTML and head[LANGUAGE] < 0:
                head[LANGUAGE], head[LANGUAGE + 1] = value_start, value_end
            elif which == _TYPE and tag == _SCRIPT:
                is_linked_data = (
                    value_end - value_start == 19 and (html[value_start + 12] | 32) == 108
                )
        if not closed:
            break
        if is_licence and head[LICENCE] < 0 and href_start >= 0:
            head[LICENCE], head[LICENCE + 1] = href_start, href_end

        if not is_end and kind & RAW:
            raw_end = _find_end_tag(html, at, name_start, name_length)
            if tag == _TITLE and head[TITLE] < 0 and not stack[depth - 1, 3] & _IN_SKIP:
                head[TITLE], head[TITLE + 1] = at, raw_end
            elif is_linked_data and linked_data < 16:
                head[LINKED_DATA + 2 * linked_data] = at
                head[LINKED_DATA + 2 * linked_data + 1] = raw_end
                linked_data += 1
            at = raw_end
            continue
        if tag == _IMG:
            images += 1
        if kind & BLOCK or tag == _BR:
            ends_block = True

        if ends_block and not stack[depth - 1, 3] & _IN_SKIP:
            # --- the block before this tag is complete
            if word_length:
                _note_word(block, word, word_length)
                word = np.uint64(0)
                word_length = 0
            if block[BEGINS] == 0:
                out = block[START]
            else:
                block[END] = out
                if num_blocks + 1 == len(blocks):
                    num_blocks += 1
                    break
                num_blocks += 1
                block = blocks[num_blocks]
                block[START] = out
                line_breaks = 0
            if not is_end or tag != _BR:
                line_breaks = min(line_breaks + 1, 2) if tag == _BR else 2
            space = False
        if kind & VOID:
            continue

        if is_end:
            if tag in (_BODY, _HTML):
                continue
            if tag == 0:
                continue
            if overflow and not open_counts[tag]:
                overflow -= 1
                continue
            if not open_counts[tag]:
                continue
            for place in range(depth - 1, 0, -1):
                other = stack[place, 0]
                if other == tag:
                    for i in range(place, depth):
                        open_counts[stack[i, 0]] -= 1
                    depth = place
                    break
                other_kind = KINDS[other]
                if not kind & BLOCK and other_kind & BLOCK:
                    break
                if other_kind & BARRIER and not (
                    kind & (CELL | BARRIER) or tag in (_TR, _TBODY, _THEAD, _TFOOT)
                ):
                    break
            continue

        if tag == 0 or ((tag in (_BODY, _HTML, _HEAD)) and open_counts[tag]):
            continue
        if kind & BLOCK:
            new_depth = _open_implied(stack, depth, tag)
            for i in range(new_depth, depth):
                open_counts[stack[i, 0]] -= 1
            depth = new_depth
        elif tag == _A:
            for place in range(depth - 1, 0, -1):
                if stack[place, 0] == _A:
                    for i in range(place, depth):
                        open_counts[stack[i, 0]] -= 1
                    depth = place
                    break
                if KINDS[stack[place, 0]] & BLOCK:
                    break
            block[LINKS] += 1
        if depth == MAX_DEPTH:
            overflow += 1
            continue
        above = stack[depth - 1]
        here = stack[depth]
        here[0] = tag
        here[1] = above[1]
        here[2] = above[2]
        here[3] = above[3]
        here[4] = above[4]
        here[5] = above[5]
        here[6] = above[6]
        if tag == _A and href_end > href_start:
            here[3] |= _IN_LINK
        elif tag in (_B, _STRONG) or kind & HEADING:
            here[3] |= _IN_BOLD
        elif tag == _PRE:
            here[3] |= _IN_PRE
        elif tag in (_I, _EM):
            here[3] |= _IN_ITALIC
        if kind & SKIP or (gone and not kind & BLOCK):
            here[3] |= _IN_SKIP
        here[2] |= own_hints | STRUCTURE_BITS[tag]
        if hidden or gone:
            here[2] |= np.int64(1) << HIDDEN_BIT
        if kind & BLOCK and num_nodes < len(nodes):
            node = nodes[num_nodes]
            node[PARENT] = above[1]
            node[TAG] = tag
            node[HINTED] = own_hints | STRUCTURE_BITS[tag]
            node[INHERITED] = here[2]
            node[SIGNATURE] = (signature * 131 + nodes[above[1], TAG]) & 0xFFFFFFF
            node[DEPTH] = depth
            node[PLACE] = num_blocks
            here[1] = num_nodes
            if kind & CELL:
                here[4] = num_nodes
            elif tag == _TR:
                here[5] = num_nodes
                here[4] = -1
            elif tag == _LI:
                here[6] = num_nodes
            elif tag == _TABLE:
                here[4] = here[5] = -1
            num_nodes += 1
        open_counts[tag] += 1
        depth += 1
    if num_blocks < len(blocks) and block[BEGINS] == 0:
        out = block[START]
    elif num_blocks < len(blocks) and block[BEGINS] and block[END] == 0:
        block[END] = out
        num_blocks += 1
    return text[:out], blocks[:num_blocks], nodes[:num_nodes], head
