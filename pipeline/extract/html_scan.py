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
    BEGINS,
    BLOCK_COLUMNS,
    BOLD,
    CAPITALS,
    CHARS,
    COLON,
    END,
    ENDS,
    HEAD_SLOTS,
    ITALIC,
    LICENCE,
    LINK_ENDS,
    LINKED,
    LINKED_DATA,
    LINKS,
    NODE_COLUMNS,
    PARENT,
    START,
    TITLE,
    UPPER,
    WIDE,
    WORDS,
)
from pipeline.extract.html_signs import (
    ENDS_LETTER,
    ENDS_SENTENCE,
    SIGN_COLUMNS,
    SIGN_ENDS,
    SIGN_KEEPS_END,
    note_word,
    sign_beyond_ascii,
)
from pipeline.extract.html_stack import (
    IN_BOLD,
    IN_ITALIC,
    IN_LINK,
    IN_PRE,
    IN_SKIP,
    MAX_DEPTH,
    OPEN_CELL,
    OPEN_FLAGS,
    OPEN_ITEM,
    OPEN_ROW,
    OPEN_TAG,
    STACK_COLUMNS,
    begin_block,
    close_down_to,
    end_element,
    open_element,
    open_implied,
)
from pipeline.extract.html_syntax import (
    CLOSED,
    HREF_END,
    HREF_START,
    IS_DATA,
    LICENSED,
    NUM_FOUND,
    SELF_CLOSING,
    find_end_tag,
    is_letter,
    is_shadow_root,
    is_space,
    is_space_reference,
    is_xml,
    read_attributes,
    read_name,
    skip_declaration,
)
from pipeline.extract.html_tags import (
    BLOCK,
    KINDS,
    RAW,
    TAG_KEYS,
    TAG_VALUES,
    TAGS,
    VOID,
    look_up,
    pack,
)

MAX_BLOCKS = 60_000
MAX_NODES = 600_000

_A, _BR, _IMG, _TITLE = (TAGS[n] for n in ("a", "br", "img", "title"))
_BODY, _HTML, _HEAD = (TAGS[n] for n in ("body", "html", "head"))
_RUBY, _RT, _RB, _RP = (TAGS[n] for n in ("ruby", "rt", "rb", "rp"))
_TEMPLATE = TAGS["template"]
_SVG, _MATH = TAGS["svg"], np.uint64(pack("math"))


@njit(nogil=True, cache=True)
def scan(
    html: NDArray[np.uint8], max_blocks: int = MAX_BLOCKS
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Read a page.

    Args:
        html: uint8 (bytes,), UTF-8.
        max_blocks: behind so many blocks no more are read.

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
    blocks = np.zeros((min(openings + 1, max_blocks), BLOCK_COLUMNS), np.int64)
    nodes = np.zeros((min(openings + 1, MAX_NODES), NODE_COLUMNS), np.int64)
    head = np.full(HEAD_SLOTS, -1, np.int64)
    linked_data = 0
    stack = np.zeros((MAX_DEPTH, STACK_COLUMNS), np.int64)
    found = np.zeros(NUM_FOUND, np.int64)
    open_counts = np.zeros(len(KINDS), np.int64)
    stack[0, OPEN_CELL] = stack[0, OPEN_ROW] = stack[0, OPEN_ITEM] = -1
    depth = 1
    overflow = 0
    num_nodes = 1
    nodes[0, PARENT] = -1
    num_blocks = 0
    out = 0
    block = blocks[0]
    space = False
    word = np.uint64(0)
    word_length = 0
    line_breaks = 0  # 1: one <br> since the last block; 2: a paragraph
    images = 0
    xml = is_xml(html)
    open_math = 0
    at = 0
    while at < n:
        byte = html[at]
        ends_block = False
        if (
            byte != 60
            or at + 1 >= n
            or not (
                is_letter(html[at + 1])
                or html[at + 1] == 47
                or html[at + 1] == 33
                or html[at + 1] == 63
            )
        ):
            # --- text, up to the next '<'
            top = stack[depth - 1]
            flags = top[OPEN_FLAGS]
            chars_before = block[CHARS]
            ascii_chars = beyond_chars = 0
            first = True
            while at < n and (html[at] != 60 or first):
                first = False
                byte = html[at]
                at += 1
                if flags & IN_SKIP:
                    continue
                blank = is_space(byte)
                if byte == 0xC2 and at < n and html[at] == 0xA0:
                    at += 1
                    blank = True
                elif byte == 38 and is_space_reference(html, at):
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
                    if flags & IN_PRE:
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
                        note_word(block, word, word_length)
                        word = np.uint64(0)
                        word_length = 0
                    continue
                if byte < 32 or byte == 127:
                    continue
                if block[BEGINS] == 0:
                    begin_block(block, top, byte, line_breaks, images)
                    line_breaks = 0
                    images = 0
                elif space:
                    text[out] = 32
                    out += 1
                space = False
                text[out] = byte
                out += 1
                if byte < 0x80:
                    ascii_chars += 1
                    if is_letter(byte):
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
                            note_word(block, word, word_length)
                            word = np.uint64(0)
                            word_length = 0
                        column = SIGN_COLUMNS[byte]
                        if byte == 47 and out > block[START] + 2 and text[out - 2] == 47:
                            column = ADDRESSES
                        if column:
                            block[column] += 1
                        if byte == 58 and block[COLON] == 0:
                            block[COLON] = chars_before + ascii_chars + beyond_chars
                        if block[ENDS] != ENDS_SENTENCE or not SIGN_KEEPS_END[byte]:
                            block[ENDS] = SIGN_ENDS[byte]
                elif byte >= 0xC0:
                    column, ends = sign_beyond_ascii(
                        byte, html[at] if at < n else 0, html[at + 1] if at + 1 < n else 0
                    )
                    if column:
                        block[column] += 1
                    if ends >= 0:
                        block[ENDS] = ends
                    if 0xE3 <= byte <= 0xEA:
                        beyond_chars += 3
                        block[WIDE] += 1
                        block[WORDS] += 1
                    else:
                        beyond_chars += 1
                        if ends == ENDS_LETTER:
                            if word_length == 0:
                                block[WORDS] += 1
                            word_length += 1
                            word = np.uint64(0xFF)
            if ascii_chars + beyond_chars:
                block[CHARS] = chars_before + ascii_chars + beyond_chars
                block[LINK_ENDS] = flags & IN_LINK
                if flags & IN_LINK:
                    block[LINKED] += ascii_chars + beyond_chars
                if flags & IN_BOLD:
                    block[BOLD] += ascii_chars + beyond_chars
                if flags & IN_ITALIC:
                    block[ITALIC] += ascii_chars
            continue

        second = html[at + 1]
        if second == 33 or second == 63:
            at = skip_declaration(html, at)
            continue

        is_end = second == 47
        at += 2 if is_end else 1
        if is_end and not (at < n and is_letter(html[at])):
            while at < n and html[at] != 62:
                at += 1
            at += 1
            continue
        name_start = at
        at, packed = read_name(html, at)
        name_length = at - name_start
        tag = look_up(TAG_KEYS, TAG_VALUES, packed)
        kind = KINDS[tag]
        at = read_attributes(html, at, tag, is_end, head, found)
        if not found[CLOSED]:
            break
        if found[LICENSED] and head[LICENCE] < 0 and found[HREF_START] >= 0:
            head[LICENCE], head[LICENCE + 1] = found[HREF_START], found[HREF_END]

        if packed == _MATH:
            open_math = max(0, open_math + (-1 if is_end else 1 - found[SELF_CLOSING]))
        if (
            not is_end
            and found[SELF_CLOSING]
            and (tag == _SVG or (kind & RAW and (xml or open_math or open_counts[_SVG])))
        ):
            continue  # an empty element: only HTML's own elements ignore the slash
        if not is_end and kind & RAW:
            raw_end = find_end_tag(html, at, name_start, name_length)
            if tag == _TITLE and head[TITLE] < 0 and not stack[depth - 1, OPEN_FLAGS] & IN_SKIP:
                head[TITLE], head[TITLE + 1] = at, raw_end
            elif found[IS_DATA] and linked_data < 16:
                head[LINKED_DATA + 2 * linked_data] = at
                head[LINKED_DATA + 2 * linked_data + 1] = raw_end
                linked_data += 1
            at = raw_end
            continue
        if tag == _IMG:
            images += 1
        if kind & BLOCK or tag == _BR:
            ends_block = True

        if ends_block and not stack[depth - 1, OPEN_FLAGS] & IN_SKIP:
            # --- the block before this tag is complete
            if word_length:
                note_word(block, word, word_length)
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
            depth = end_element(stack, open_counts, depth, tag)
            continue

        if tag == 0 or ((tag in (_BODY, _HTML, _HEAD)) and open_counts[tag]):
            continue
        if tag == _TEMPLATE and is_shadow_root(html, name_start, at):
            continue  # shown where it stands
        if tag in (_RT, _RB, _RP) and open_counts[_RUBY]:
            if stack[depth - 1, OPEN_TAG] in (_RT, _RP):  # their end tags may be left out
                depth = close_down_to(stack, open_counts, depth, depth - 1)
        elif tag == _RT:
            continue  # no reading of anything
        if tag == _RB:
            continue
        if kind & BLOCK:
            depth = close_down_to(stack, open_counts, depth, open_implied(stack, depth, tag))
        elif tag == _A:
            for place in range(depth - 1, 0, -1):
                if stack[place, OPEN_TAG] == _A:
                    depth = close_down_to(stack, open_counts, depth, place)
                    break
                if KINDS[stack[place, OPEN_TAG]] & BLOCK:
                    break
            block[LINKS] += 1
        if depth == MAX_DEPTH:
            overflow += 1
            continue
        num_nodes = open_element(stack, nodes, depth, num_nodes, tag, found)
        open_counts[tag] += 1
        depth += 1
    if num_blocks < len(blocks) and block[BEGINS] == 0:
        out = block[START]
    elif num_blocks < len(blocks) and block[BEGINS] and block[END] == 0:
        block[END] = out
        num_blocks += 1
    return text[:out], blocks[:num_blocks], nodes[:num_nodes], head
