"""Columns of the arrays in which a page is read and measured: blocks, nodes, head, features."""

from pipeline.extract.html_tags import HIDDEN_BIT, HINTS, NUM_NOTICES

# Columns of a block.
(
    START, END, NODE, LINE, CHARS, LINKED, DIGITS, UPPER, STOPS, COMMAS, WORDS, WIDE, BOLD,
    NOTICED, LINKS, IMAGES, ENDS, CELL_NODE, ROW_NODE, ITEM_NODE, BEGINS, PRE, CAPITALS, BOXES,
    ITALIC, COLON, ATS, ADDRESSES, BARS, QUOTES, LINK_STARTS, LINK_ENDS, OPENS,
) = range(33)  # fmt: skip
KINDS_AT = 33
"""From here on: how many words of each kind of ``NOTICES``."""
BLOCK_COLUMNS = KINDS_AT + NUM_NOTICES
# Columns of a node, which is an open block-level element.
PARENT, TAG, HINTED, SIGNATURE, DEPTH = range(5)
NODE_COLUMNS = 5
# Places in the head of the page: (start, end) pairs.
TITLE, LANGUAGE, LICENCE, LINKED_DATA = 0, 2, 4, 6
HEAD_SLOTS = 8 + 2 * 16

NUM_HINTS = len(HINTS)
NUM_BITS = HIDDEN_BIT + 1
# Columns of a row of features: 34 counts and shares of a block come first.
LEVELS = 4
BOX_AT = 34
NEAR_AT = BOX_AT + NUM_BITS
LEVEL_AT = NEAR_AT + NUM_HINTS
SHAPE_AT = LEVEL_AT + 4 * LEVELS
NEIGHBOURS = (-3, -2, -1, 1, 2, 3)
NEIGHBOUR_COPIES = 7
AROUND_AT = SHAPE_AT + 16
WORDING_AT = AROUND_AT + len(NEIGHBOURS) * NEIGHBOUR_COPIES
PLACE_AT = WORDING_AT + 2 * NUM_NOTICES + 8
SECTION_AT = PLACE_AT + 8
BESIDE_AT = SECTION_AT + NUM_NOTICES + 6
BESIDE = (-2, -1, 1, 2)
BESIDE_COPIES = 9
NUM_FEATURES = BESIDE_AT + len(BESIDE) * BESIDE_COPIES
CONTEXT_FEATURES = 38
