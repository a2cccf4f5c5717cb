"""Blocks of a page -> what tells main text from the rest: one row of numbers per block.

Everything is counted in one pass over blocks and nodes; nothing looks at the words' meaning
except for a short list of notices (html_tags.NOTICES) and the names of boxes.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.extract.html_scan import (
    ADDRESSES,
    ATS,
    BARS,
    BEGINS,
    BOLD,
    BOXES,
    CAPITALS,
    CHARS,
    COLON,
    COMMAS,
    DEPTH,
    DIGITS,
    END,
    ENDS,
    HINTED,
    IMAGES,
    ITALIC,
    KINDS_AT,
    LINE,
    LINK_ENDS,
    LINK_STARTS,
    LINKED,
    LINKS,
    NODE,
    NOTICED,
    OPENS,
    PARENT,
    QUOTES,
    SIGNATURE,
    START,
    STOPS,
    TAG,
    UPPER,
    WIDE,
    WORDS,
)
from pipeline.extract.html_tags import HIDDEN_BIT, HINTS, NUM_NOTICES, STRUCTURES, TAGS

_P, _DIV, _LI, _TD, _PRE = (TAGS[n] for n in ("p", "div", "li", "td", "pre"))
_H1, _H2, _H3, _H4, _H5, _H6 = (TAGS[f"h{n}"] for n in range(1, 7))
_NUM_HINTS = len(HINTS)
_NUM_BITS = HIDDEN_BIT + 1
_LEVELS = 4
_SIGNATURES = 1 << 12
_HASHES = 1 << 15

_BOX_AT = 34
_NEAR_AT = _BOX_AT + _NUM_BITS
_LEVEL_AT = _NEAR_AT + _NUM_HINTS
_SHAPE_AT = _LEVEL_AT + 4 * _LEVELS
_NEIGHBOURS = (-3, -2, -1, 1, 2, 3)
_NEIGHBOUR_COPIES = 7
_AROUND_AT = _SHAPE_AT + 16
_WORDING_AT = _AROUND_AT + len(_NEIGHBOURS) * _NEIGHBOUR_COPIES
_PLACE_AT = _WORDING_AT + 2 * NUM_NOTICES + 8
_SECTION_AT = _PLACE_AT + 8
_BESIDE_AT = _SECTION_AT + NUM_NOTICES + 6
_BESIDE = (-2, -1, 1, 2)
_BESIDE_COPIES = 9
NUM_FEATURES = _BESIDE_AT + len(_BESIDE) * _BESIDE_COPIES
CONTEXT_FEATURES = 38
_EXCLUDED = 1 | 1 << 2 | 1 << 4 | 1 << 6 | 1 << 7 | 1 << 15
for _name in ("nav", "aside", "footer"):
    _EXCLUDED |= 1 << (_NUM_HINTS + STRUCTURES.index(_name))


@njit(cache=True, nogil=True)
def hash_words(text: NDArray[np.uint8], start: int, end: int, out: NDArray[np.uint64]) -> int:
    """Hashes of the words of a text, lower case; beyond ASCII each character is a word.

    Returns the number of words, at most ``len(out)``.
    """
    count = 0
    value = np.uint64(14695981039346656037)
    inside = False
    for at in range(start, end):
        byte = text[at]
        if byte < 128:
            letter = (97 <= (byte | 32) <= 122) or 48 <= byte <= 57
            if letter:
                value = (value ^ np.uint64(byte | 32)) * np.uint64(1099511628211)
                inside = True
                continue
        if inside and (byte < 128 or byte >= 0xC0):
            if count == len(out):
                return count
            out[count] = value
            count += 1
            value = np.uint64(14695981039346656037)
            inside = False
        if byte >= 128:
            value = (value ^ np.uint64(byte)) * np.uint64(1099511628211)
            inside = True
    if inside and count < len(out):
        out[count] = value
        count += 1
    return count


@njit(cache=True, nogil=True)
def _trigram_filter(text: NDArray[np.uint8], words: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which buckets of hashes hold a run of three words of the text."""
    seen = np.zeros(_HASHES, np.bool_)
    count = hash_words(text, 0, len(text), words)
    for i in range(count - 2):
        seen[_trigram(words, i)] = True
    return seen


@njit(inline="always")
def _trigram(words: NDArray[np.uint64], i: int) -> np.uint64:
    mixed = (words[i] * np.uint64(31) + words[i + 1]) * np.uint64(31) + words[i + 2]
    return np.uint64((mixed * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - 15))


@njit(nogil=True, cache=True)
def measure_blocks(
    text: NDArray[np.uint8],
    blocks: NDArray[np.int64],
    nodes: NDArray[np.int64],
    title: NDArray[np.uint8],
    body: NDArray[np.uint8],
) -> NDArray[np.float32]:
    """Features of each block.

    Args:
        text, blocks, nodes: what ``scan`` returned.
        title: uint8, the title of the page.
        body: uint8, the text of the article as the page's linked data states it; empty without.

    Returns:
        float32 (num_blocks, NUM_FEATURES).
    """
    count = len(blocks)
    rows = np.zeros((count, NUM_FEATURES), np.float32)
    num_nodes = len(nodes)
    total = np.zeros(num_nodes)
    linked = np.zeros(num_nodes)
    good = np.zeros(num_nodes)
    counts = np.zeros(num_nodes)
    by_signature = np.zeros((_SIGNATURES, 3))
    goodness = np.zeros(count)
    title_words = np.empty(40, np.uint64)
    num_title = hash_words(title, 0, len(title), title_words)
    words = np.empty(max(400, len(body) // 2 + 1), np.uint64)
    has_body = len(body) > 200
    seen_body = _trigram_filter(body, words) if has_body else np.zeros(1, np.bool_)
    duplicates = np.zeros(1 << 12, np.uint64)
    first_h1 = -1
    all_text = 0.0
    for i in range(count):
        block = blocks[i]
        size = float(block[CHARS])
        node = block[NODE]
        free = size - block[LINKED]
        is_good = (
            free >= 60
            and block[STOPS] + block[COMMAS] > 0
            and free > 0.5 * size
            and block[BOXES] & _EXCLUDED == 0
        )
        goodness[i] = free if is_good else 0.0
        total[node] += size
        linked[node] += block[LINKED]
        good[node] += goodness[i]
        counts[node] += 1
        all_text += size
        slot = nodes[node, SIGNATURE] % _SIGNATURES
        by_signature[slot, 0] += size
        by_signature[slot, 1] += block[LINKED]
        by_signature[slot, 2] += 1
        if first_h1 < 0 and nodes[node, TAG] == _H1:
            first_h1 = i
    # Sums over whole subtrees: children come after their parents.
    child = np.zeros(num_nodes, np.int64)
    child_good = np.full(num_nodes, -1.0)
    for node in range(num_nodes - 1, 0, -1):
        parent = nodes[node, PARENT]
        total[parent] += total[node]
        linked[parent] += linked[node]
        good[parent] += good[node]
        counts[parent] += counts[node]
        if good[node] >= child_good[parent]:
            child_good[parent] = good[node]
            child[parent] = node
    all_good = good[0]
    # The path to where most of the good text is.
    on_path = np.full(num_nodes, -1, np.int64)
    node = 0
    step = 0
    half = most = 0
    half_step = 0
    on_path[0] = 0
    while all_good > 0 and child[node] and good[child[node]] >= 0.4 * all_good:
        node = child[node]
        step += 1
        on_path[node] = step
        half = node
        half_step = step
        if good[node] >= 0.8 * all_good:
            most = node
    leaves = np.zeros(num_nodes, np.int64)  # where the way from the root leaves the path
    for node in range(1, num_nodes):
        leaves[node] = on_path[node] if on_path[node] >= 0 else leaves[nodes[node, PARENT]]
    most_step = on_path[most]

    text_before = good_before = 0.0
    h1_good = 0.0
    since_good = 50
    for i in range(count):
        block = blocks[i]
        row = rows[i]
        size = float(block[CHARS])
        node = block[NODE]
        tag = nodes[node, TAG]
        row[0] = np.log1p(size)
        row[1] = block[LINKED] / max(1.0, size)
        row[2] = block[WORDS]
        row[3] = size / max(1, block[WORDS])
        row[4] = block[DIGITS] / max(1.0, size)
        row[5] = block[UPPER] / max(1.0, size)
        row[6] = block[STOPS]
        row[7] = block[COMMAS]
        row[8] = block[ENDS]
        row[9] = block[BOLD] / max(1.0, size)
        row[10] = block[NOTICED]
        row[11] = block[NOTICED] / max(1, block[WORDS])
        row[12] = block[LINE]
        row[13] = i
        row[14] = i / count
        row[15] = text_before / max(1.0, all_text)
        row[16] = good_before / max(1.0, all_good)
        row[17] = block[LINKS]
        row[18] = block[IMAGES]
        row[19] = nodes[node, DEPTH]
        row[20] = _tag_class(tag)
        row[21] = block[CAPITALS] / max(1, block[WORDS])
        row[22] = block[WIDE] * 3 / max(1.0, size)
        begins = block[BEGINS]
        row[23] = (
            1 if 65 <= begins <= 90 else 2 if 97 <= begins <= 122 else 3 if begins >= 128 else 0
        )
        row[24] = i - first_h1 if first_h1 >= 0 else -99
        row[25] = (good_before - h1_good) / max(1.0, all_good)
        row[26] = since_good
        if i == first_h1:
            h1_good = good_before
        num_words = hash_words(
            text, block[START], min(block[END], block[START] + 3000), words[:400]
        )
        if num_words and num_title:
            common = 0
            for j in range(min(num_words, 40)):
                for k in range(num_title):
                    if words[j] == title_words[k]:
                        common += 1
                        break
            row[27] = common / min(num_words, 40)
            row[28] = common / num_title
        row[29] = -1.0
        if has_body:
            found = 0
            for j in range(num_words - 2):
                found += seen_body[_trigram(words, j)]
            row[29] = found / (num_words - 2) if num_words > 2 else 0.5
        mixed = np.uint64(num_words)
        for j in range(min(num_words, 24)):
            mixed = mixed * np.uint64(31) + words[j]
        place = (mixed * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(52)
        row[30] = 1 if duplicates[place] == mixed else 0
        duplicates[place] = mixed
        row[31] = np.log1p(all_good)
        row[32] = np.log1p(count)
        row[33] = all_good / max(1.0, all_text)
        near = nodes[node, HINTED] | nodes[nodes[node, PARENT], HINTED] if node else 0
        boxes = block[BOXES]
        for bit in range(_NUM_BITS):
            row[_BOX_AT + bit] = boxes >> bit & 1
        for bit in range(_NUM_HINTS):
            row[_NEAR_AT + bit] = near >> bit & 1
        ancestor = node
        for level in range(_LEVELS):
            at = _LEVEL_AT + 4 * level
            row[at] = good[ancestor] / max(1.0, all_good)
            row[at + 1] = linked[ancestor] / max(1.0, total[ancestor])
            row[at + 2] = np.log1p(total[ancestor] / max(1.0, counts[ancestor]))
            row[at + 3] = np.log1p(counts[ancestor])
            if ancestor:
                ancestor = nodes[ancestor, PARENT]
        at = _SHAPE_AT
        row[at] = half_step - leaves[node]
        row[at + 1] = most_step - leaves[node]
        row[at + 2] = nodes[node, DEPTH] - leaves[node]
        row[at + 3] = good[half] / max(1.0, all_good)
        slot = nodes[node, SIGNATURE] % _SIGNATURES
        row[at + 4] = by_signature[slot, 0] / max(1.0, all_text)
        row[at + 5] = by_signature[slot, 1] / max(1.0, by_signature[slot, 0])
        row[at + 6] = np.log1p(by_signature[slot, 2])
        row[at + 7] = np.log1p(by_signature[slot, 0] / by_signature[slot, 2])
        row[at + 8] = _window(goodness, i, 3)
        row[at + 9] = _window(goodness, i, 8)
        row[at + 10] = nodes[node, SIGNATURE] == (
            nodes[blocks[i - 1, NODE], SIGNATURE] if i else -1
        )
        row[at + 11] = node == (blocks[i - 1, NODE] if i else -1)
        row[at + 12] = goodness[i] > 0
        row[at + 13] = _after(goodness, i, 3)
        row[at + 14] = _after(goodness, i, 10)
        row[at + 15] = _before(goodness, i, 10)
        text_before += size
        good_before += goodness[i]
        since_good = 0 if goodness[i] > 0 else min(50, since_good + 1)
    for i in range(count):
        for k in range(len(_NEIGHBOURS)):
            at = _AROUND_AT + k * _NEIGHBOUR_COPIES
            j = i + _NEIGHBOURS[k]
            if 0 <= j < count:
                rows[i, at] = rows[j, 0]
                rows[i, at + 1] = rows[j, 1]
                rows[i, at + 2] = rows[j, 8]
                rows[i, at + 3] = rows[j, 20]
                rows[i, at + 4] = rows[j, _SHAPE_AT]
                rows[i, at + 5] = rows[j, 6]
                rows[i, at + 6] = rows[j, 11]
            else:
                rows[i, at : at + _NEIGHBOUR_COPIES] = -1
    _measure_wording(blocks, rows)
    _measure_place(text, blocks, nodes, goodness, rows)
    _measure_sections(blocks, nodes, goodness, rows)
    _look_beside(blocks, rows)
    return rows


@njit(cache=True, nogil=True)
def _measure_wording(blocks: NDArray[np.int64], rows: NDArray[np.float32]) -> None:
    for i in range(len(blocks)):
        block = blocks[i]
        row = rows[i, _WORDING_AT:]
        size = max(1.0, float(block[CHARS]))
        for kind in range(NUM_NOTICES):
            row[kind] = min(block[KINDS_AT + kind], 20)
            row[NUM_NOTICES + kind] = block[OPENS] >> kind & 1
        at = 2 * NUM_NOTICES
        row[at] = block[ITALIC] / size
        row[at + 1] = min(block[COLON], 60)
        row[at + 2] = block[ATS]
        row[at + 3] = block[ADDRESSES]
        row[at + 4] = block[BARS]
        row[at + 5] = block[QUOTES]
        row[at + 6] = block[LINK_STARTS]
        row[at + 7] = block[LINK_ENDS]


@njit(cache=True, nogil=True)
def _measure_place(
    text: NDArray[np.uint8],
    blocks: NDArray[np.int64],
    nodes: NDArray[np.int64],
    goodness: NDArray[np.float64],
    rows: NDArray[np.float32],
) -> None:
    count = len(blocks)
    times = np.zeros(1 << 12, np.int32)
    buckets = np.empty(count, np.int64)
    good_of = np.zeros(_SIGNATURES)
    all_of = np.zeros(_SIGNATURES)
    first = last = -1
    for i in range(count):
        value = np.uint64(14695981039346656037)
        for at in range(blocks[i, START], min(blocks[i, END], blocks[i, START] + 200)):
            value = (value ^ np.uint64(text[at])) * np.uint64(1099511628211)
        buckets[i] = (value * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(52)
        times[buckets[i]] += 1
        slot = nodes[blocks[i, NODE], SIGNATURE] % _SIGNATURES
        good_of[slot] += goodness[i]
        all_of[slot] += blocks[i, CHARS]
        if goodness[i] > 0:
            last = i
            if first < 0:
                first = i
    until = 50
    for i in range(count - 1, -1, -1):
        row = rows[i, _PLACE_AT:]
        row[0] = times[buckets[i]]
        row[1] = until
        slot = nodes[blocks[i, NODE], SIGNATURE] % _SIGNATURES
        row[2] = good_of[slot] / max(1.0, all_of[slot])
        row[3] = i - first
        row[4] = last - i
        parent = nodes[blocks[i, NODE], PARENT]
        row[5] = parent == nodes[blocks[i - 1, NODE], PARENT] if i else -1
        row[6] = parent == nodes[blocks[i + 1, NODE], PARENT] if i + 1 < count else -1
        row[7] = (
            nodes[blocks[i + 1, NODE], DEPTH] - nodes[blocks[i, NODE], DEPTH]
            if (i + 1 < count)
            else -99
        )
        until = 0 if goodness[i] > 0 else min(50, until + 1)


@njit(cache=True, nogil=True)
def _measure_sections(
    blocks: NDArray[np.int64],
    nodes: NDArray[np.int64],
    goodness: NDArray[np.float64],
    rows: NDArray[np.float32],
) -> None:
    heading = -1
    since = 0.0
    for i in range(len(blocks)):
        row = rows[i, _SECTION_AT:]
        row[0] = i - heading if heading >= 0 else -1
        if heading >= 0:
            head = blocks[heading]
            for kind in range(NUM_NOTICES):
                row[1 + kind] = min(head[KINDS_AT + kind], 3)
            at = 1 + NUM_NOTICES
            row[at] = _tag_class(nodes[head[NODE], TAG])
            row[at + 1] = head[LINKED] / max(1.0, float(head[CHARS]))
            row[at + 2] = np.log1p(since)
            row[at + 3] = nodes[head[NODE], PARENT] == nodes[blocks[i, NODE], PARENT]
            row[at + 4] = head[CHARS]
        if _is_heading(blocks[i], nodes):
            heading = i
            since = 0.0
        since += goodness[i]


@njit(cache=True, nogil=True)
def _is_heading(block: NDArray[np.int64], nodes: NDArray[np.int64]) -> bool:
    tag = nodes[block[NODE], TAG]
    size = block[CHARS]
    if _H1 <= tag <= _H6 or (size < 50 and block[ENDS] == 3):
        return True
    return bool(size < 80 and block[BOLD] > 0.9 * size and block[LINKED] < 0.5 * size)


@njit(cache=True, nogil=True)
def _look_beside(blocks: NDArray[np.int64], rows: NDArray[np.float32]) -> None:
    count = len(blocks)
    for i in range(count):
        for k in range(len(_BESIDE)):
            at = _BESIDE_AT + k * _BESIDE_COPIES
            j = i + _BESIDE[k]
            if 0 <= j < count:
                for kind in range(4):
                    rows[i, at + kind] = blocks[j, KINDS_AT + kind]
                rows[i, at + 4] = rows[j, 9]
                rows[i, at + 5] = rows[j, _WORDING_AT + 2 * NUM_NOTICES]
                rows[i, at + 6] = blocks[j, IMAGES]
                rows[i, at + 7] = blocks[j, COLON]
                rows[i, at + 8] = rows[j, _PLACE_AT]
            else:
                rows[i, at : at + _BESIDE_COPIES] = -1


@njit(cache=True, nogil=True)
def add_context(
    rows: NDArray[np.float32],
    scores: NDArray[np.float32],
    blocks: NDArray[np.int64],
    nodes: NDArray[np.int64],
) -> NDArray[np.float32]:
    """The features with what a first look (``scores``, float32 (num_blocks,)) said around.

    Returns:
        float32 (num_blocks, NUM_FEATURES + CONTEXT_FEATURES).
    """
    count = len(rows)
    out = np.empty((count, NUM_FEATURES + CONTEXT_FEATURES), np.float32)
    out[:, :NUM_FEATURES] = rows
    mass = np.zeros(len(nodes))
    sizes = np.zeros(len(nodes))
    by_signature = np.zeros((_SIGNATURES, 2))
    all_mass = 0.0
    for i in range(count):
        size = float(blocks[i, CHARS])
        node = blocks[i, NODE]
        mass[node] += size * scores[i]
        sizes[node] += size
        all_mass += size * scores[i]
        slot = nodes[node, SIGNATURE] % _SIGNATURES
        by_signature[slot, 0] += size * scores[i]
        by_signature[slot, 1] += size
    for node in range(len(nodes) - 1, 0, -1):
        parent = nodes[node, PARENT]
        mass[parent] += mass[node]
        sizes[parent] += sizes[node]
    before = 0.0
    for i in range(count):
        row = out[i, NUM_FEATURES:]
        size = float(blocks[i, CHARS])
        node = blocks[i, NODE]
        row[0] = scores[i]
        for step in range(1, 6):
            row[2 * step - 1] = scores[i - step] if i >= step else -1
            row[2 * step] = scores[i + step] if i + step < count else -1
        row[11] = (before) / max(1.0, all_mass)
        row[12] = (all_mass - before - size * scores[i]) / max(1.0, all_mass)
        before += size * scores[i]
        ancestor = node
        for level in range(4):
            others = sizes[ancestor] - size
            row[13 + 2 * level] = (mass[ancestor] - size * scores[i]) / others if others else -1
            row[14 + 2 * level] = mass[ancestor] / max(1.0, all_mass)
            ancestor = nodes[ancestor, PARENT] if ancestor else 0
        slot = nodes[node, SIGNATURE] % _SIGNATURES
        others = by_signature[slot, 1] - size
        row[21] = (by_signature[slot, 0] - size * scores[i]) / others if others else -1
        row[22] = np.log1p(all_mass)
        row[23] = all_mass / max(1.0, sizes[0])
        low, high = max(0, i - 10), min(count, i + 11)
        weight = total = 0.0
        for j in range(low, high):
            weight += blocks[j, CHARS]
            total += blocks[j, CHARS] * scores[j]
        row[24] = total / max(1.0, weight)
        row[25] = _extreme(scores, max(0, i - 12), i)
        row[26] = _extreme(scores, i + 1, min(count, i + 13))
        row[27] = min(row[25], row[26])
    _judge_sections(scores, blocks, nodes, out)
    return out


@njit(cache=True, nogil=True)
def _judge_sections(
    scores: NDArray[np.float32],
    blocks: NDArray[np.int64],
    nodes: NDArray[np.int64],
    out: NDArray[np.float32],
) -> None:
    """What the first look said of headings, of what they head, and of siblings."""
    count = len(scores)
    at = NUM_FEATURES + 28
    best = np.zeros(len(nodes), np.float32)
    heading = -1
    begin = 0
    for i in range(count + 1):
        if i == count or _is_heading(blocks[i], nodes):
            mass = size = 0.0
            for j in range(begin, i):
                mass += blocks[j, CHARS] * scores[j]
                size += blocks[j, CHARS]
            mean = mass / size if size else -1.0
            for j in range(begin, i):
                out[j, at] = mean
                out[j, at + 1] = scores[heading] if heading >= 0 else -1
                out[j, at + 2] = i - j
            if heading >= 0:
                out[heading, at + 3] = mean
            if i < count:
                out[i, at + 3] = -1
                out[i, at] = -1
                out[i, at + 1] = -2
                out[i, at + 2] = 0
                heading = i
                begin = i + 1
        if i < count:
            parent = nodes[blocks[i, NODE], PARENT]
            best[max(0, parent)] = max(best[max(0, parent)], scores[i])
    for i in range(count):
        if not _is_heading(blocks[i], nodes):
            out[i, at + 3] = -2
        parent = max(0, nodes[blocks[i, NODE], PARENT])
        out[i, at + 4] = best[parent]
        above = max(0, nodes[parent, PARENT])
        out[i, at + 5] = best[above]
        # the nearest blocks of the same parent
        out[i, at + 6] = out[i, at + 7] = -1
        for j in range(i - 1, max(-1, i - 12), -1):
            if nodes[blocks[j, NODE], PARENT] == parent:
                out[i, at + 6] = scores[j]
                break
        for j in range(i + 1, min(count, i + 12)):
            if nodes[blocks[j, NODE], PARENT] == parent:
                out[i, at + 7] = scores[j]
                break
        total = weight = 0.0
        for j in range(max(0, i - 4), min(count, i + 5)):
            if j != i:
                total += scores[j]
                weight += 1
        out[i, at + 8] = total / weight if weight else -1
        confident = 0
        for j in range(i - 1, -1, -1):
            if scores[j] > 0.8 or confident == 60:
                break
            confident += 1
        out[i, at + 9] = confident


@njit(cache=True, nogil=True)
def _extreme(scores: NDArray[np.float32], low: int, high: int) -> float:
    highest = 0.0
    for i in range(low, high):
        highest = max(highest, scores[i])
    return highest


@njit(cache=True, nogil=True)
def _tag_class(tag: int) -> int:
    if tag == _P:
        return 1
    if tag == _LI:
        return 2
    if _H1 <= tag <= _H6:
        return 3 + tag - _H1
    if tag == _TD:
        return 10
    if tag == _PRE:
        return 11
    if tag == _DIV:
        return 12
    return 13


@njit(cache=True, nogil=True)
def _window(values: NDArray[np.float64], at: int, reach: int) -> float:
    return _before(values, at, reach) + _after(values, at, reach)


@njit(cache=True, nogil=True)
def _before(values: NDArray[np.float64], at: int, reach: int) -> float:
    total = 0.0
    for i in range(max(0, at - reach), at):
        total += values[i]
    return total


@njit(cache=True, nogil=True)
def _after(values: NDArray[np.float64], at: int, reach: int) -> float:
    total = 0.0
    for i in range(at + 1, min(len(values), at + 1 + reach)):
        total += values[i]
    return total
