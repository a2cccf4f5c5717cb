"""What the boxes around a block tell: their names, what else they hold, where they stand."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.extract.html_columns import (
    BOX_AT,
    BOXES,
    CHARS,
    DEPTH,
    HINTED,
    LEVEL_AT,
    LEVELS,
    LINKED,
    NEAR_AT,
    NODE,
    NUM_BITS,
    NUM_HINTS,
    PARENT,
    SHAPE_AT,
    SIGNATURE,
)

_SIZE, _LINKED, _COUNT, _GOOD = range(4)
SIGNATURES = 1 << 12
"""Buckets into which the kinds of boxes (tag, class, parent's tag) are hashed."""


@njit(cache=True, nogil=True)
def measure_boxes(
    blocks: NDArray[np.int64],
    nodes: NDArray[np.int64],
    goodness: NDArray[np.float64],
    rows: NDArray[np.float32],
) -> None:
    """What boxes are called, what they hold, and where they leave the path to the good text."""
    sums = _add_up(blocks, nodes, goodness)
    by_signature = _add_up_kinds(blocks, nodes)
    all_good = sums[0, _GOOD]
    all_text = sums[0, _SIZE]
    on_path, half, half_step, most_step = _find_path(nodes, sums[:, _GOOD])
    leaves = np.zeros(len(nodes), np.int64)  # where the way from the root leaves the path
    for node in range(1, len(nodes)):
        leaves[node] = on_path[node] if on_path[node] >= 0 else leaves[nodes[node, PARENT]]
    for i in range(len(blocks)):
        row = rows[i]
        node = blocks[i, NODE]
        near = nodes[node, HINTED] | nodes[nodes[node, PARENT], HINTED] if node else 0
        boxes = blocks[i, BOXES]
        for bit in range(NUM_BITS):
            row[BOX_AT + bit] = boxes >> bit & 1
        for bit in range(NUM_HINTS):
            row[NEAR_AT + bit] = near >> bit & 1
        ancestor = node
        for level in range(LEVELS):
            at = LEVEL_AT + 4 * level
            held = sums[ancestor]
            row[at] = held[_GOOD] / max(1.0, all_good)
            row[at + 1] = held[_LINKED] / max(1.0, held[_SIZE])
            row[at + 2] = np.log1p(held[_SIZE] / max(1.0, held[_COUNT]))
            row[at + 3] = np.log1p(held[_COUNT])
            if ancestor:
                ancestor = nodes[ancestor, PARENT]
        at = SHAPE_AT
        row[at] = half_step - leaves[node]
        row[at + 1] = most_step - leaves[node]
        row[at + 2] = nodes[node, DEPTH] - leaves[node]
        row[at + 3] = sums[half, _GOOD] / max(1.0, all_good)
        kind = by_signature[nodes[node, SIGNATURE] % SIGNATURES]
        row[at + 4] = kind[_SIZE] / max(1.0, all_text)
        row[at + 5] = kind[_LINKED] / max(1.0, kind[_SIZE])
        row[at + 6] = np.log1p(kind[_COUNT])
        row[at + 7] = np.log1p(kind[_SIZE] / kind[_COUNT])


@njit(cache=True, nogil=True)
def _add_up(
    blocks: NDArray[np.int64], nodes: NDArray[np.int64], goodness: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Sums over whole subtrees."""
    sums = np.zeros((len(nodes), 4))
    for i in range(len(blocks)):
        held = sums[blocks[i, NODE]]
        held[_SIZE] += blocks[i, CHARS]
        held[_LINKED] += blocks[i, LINKED]
        held[_COUNT] += 1
        held[_GOOD] += goodness[i]
    add_to_parents(nodes, sums)
    return sums


@njit(cache=True, nogil=True)
def add_to_parents(nodes: NDArray[np.int64], sums: NDArray[np.float64]) -> None:
    """What nodes hold themselves -> what their subtrees hold, float64 (num_nodes, columns):
    children come after their parents."""
    for node in range(len(nodes) - 1, 0, -1):
        parent = sums[nodes[node, PARENT]]
        for column in range(sums.shape[1]):
            parent[column] += sums[node, column]


@njit(cache=True, nogil=True)
def _add_up_kinds(blocks: NDArray[np.int64], nodes: NDArray[np.int64]) -> NDArray[np.float64]:
    sums = np.zeros((SIGNATURES, 3))
    for i in range(len(blocks)):
        kind = sums[nodes[blocks[i, NODE], SIGNATURE] % SIGNATURES]
        kind[_SIZE] += blocks[i, CHARS]
        kind[_LINKED] += blocks[i, LINKED]
        kind[_COUNT] += 1
    return sums


@njit(cache=True, nogil=True)
def _find_path(
    nodes: NDArray[np.int64], good: NDArray[np.float64]
) -> tuple[NDArray[np.int64], int, int, int]:
    """The path from the root to where most of the good text is.

    Returns:
        for each node its step on the path, -1 beside it; the last node of the path and its step;
        the step of the last node that holds four fifths of the good text.
    """
    child = np.zeros(len(nodes), np.int64)
    child_good = np.full(len(nodes), -1.0)
    for node in range(len(nodes) - 1, 0, -1):
        parent = nodes[node, PARENT]
        if good[node] >= child_good[parent]:
            child_good[parent] = good[node]
            child[parent] = node
    on_path = np.full(len(nodes), -1, np.int64)
    on_path[0] = 0
    node = step = most = 0
    while good[0] > 0 and child[node] and good[child[node]] >= 0.4 * good[0]:
        node = child[node]
        step += 1
        on_path[node] = step
        if good[node] >= 0.8 * good[0]:
            most = node
    return on_path, node, step, on_path[most]
