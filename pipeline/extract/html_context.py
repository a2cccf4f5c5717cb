"""What a first look at a page said around a block: the features that the second look adds."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.extract.html_boxes import SIGNATURES, add_to_parents
from pipeline.extract.html_columns import (
    CHARS,
    CONTEXT_FEATURES,
    NODE,
    NUM_FEATURES,
    PARENT,
    SIGNATURE,
)
from pipeline.extract.html_sections import is_heading


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
    sums = np.zeros((len(nodes), 2))  # what a node holds: chosen, and in all
    by_signature = np.zeros((SIGNATURES, 2))
    all_mass = 0.0
    for i in range(count):
        size = float(blocks[i, CHARS])
        node = blocks[i, NODE]
        sums[node, 0] += size * scores[i]
        sums[node, 1] += size
        all_mass += size * scores[i]
        slot = nodes[node, SIGNATURE] % SIGNATURES
        by_signature[slot, 0] += size * scores[i]
        by_signature[slot, 1] += size
    add_to_parents(nodes, sums)
    before = 0.0
    for i in range(count):
        row = out[i, NUM_FEATURES:]
        size = float(blocks[i, CHARS])
        node = blocks[i, NODE]
        row[0] = scores[i]
        for step in range(1, 6):
            row[2 * step - 1] = scores[i - step] if i >= step else -1
            row[2 * step] = scores[i + step] if i + step < count else -1
        row[11] = before / max(1.0, all_mass)
        row[12] = (all_mass - before - size * scores[i]) / max(1.0, all_mass)
        before += size * scores[i]
        ancestor = node
        for level in range(4):
            mass, held = sums[ancestor]
            others = held - size
            row[13 + 2 * level] = (mass - size * scores[i]) / others if others else -1
            row[14 + 2 * level] = mass / max(1.0, all_mass)
            ancestor = nodes[ancestor, PARENT] if ancestor else 0
        slot = nodes[node, SIGNATURE] % SIGNATURES
        others = by_signature[slot, 1] - size
        row[21] = (by_signature[slot, 0] - size * scores[i]) / others if others else -1
        row[22] = np.log1p(all_mass)
        row[23] = all_mass / max(1.0, sums[0, 1])
        low, high = max(0, i - 10), min(count, i + 11)
        weight = total = 0.0
        for j in range(low, high):
            weight += blocks[j, CHARS]
            total += blocks[j, CHARS] * scores[j]
        row[24] = total / max(1.0, weight)
        row[25] = _highest(scores, max(0, i - 12), i)
        row[26] = _highest(scores, i + 1, min(count, i + 13))
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
        if i == count or is_heading(blocks[i], nodes):
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
        if not is_heading(blocks[i], nodes):
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
def _highest(scores: NDArray[np.float32], low: int, high: int) -> float:
    highest = 0.0
    for i in range(low, high):
        highest = max(highest, scores[i])
    return highest
