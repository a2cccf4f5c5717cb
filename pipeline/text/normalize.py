"""Normalisation: one form for every text, by ftfy and Unicode's NFC, undone nowhere later.

``normalize_text`` is the definition. ``normalize_batch`` gives the same texts for a whole Arrow
column: a compiled scan proves for most lines that ftfy would not change them, and for most texts
that nothing would (:mod:`pipeline.text.normalize_scan`).
"""

import re

import ftfy
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.stage import Stage
from pipeline.text.blanks import tidy_blanks
from pipeline.text.normalize_scan import Scan, scan
from pipeline.text.normalize_tables import BLANKS, FTFY
from pipeline.text.tidy import tidy
from pipeline.text.utf8 import Utf8Batch, as_utf8
from schemas.config import Section
from schemas.documents import DOCUMENTS

# ftfy's defaults but three. Curly quotes are the ordinary quotation marks of Chinese, and
# full-width ，。！？ its ordinary punctuation: neither is a mistake to be repaired. Full-width
# letters and digits and half-width Katakana are: ``tidy`` repairs them, and applies NFC.
FTFY_CONFIG = ftfy.TextFixerConfig(
    uncurl_quotes=False, fix_character_width=False, normalization=None, explain=False
)
_FTFY_CONFIG_AFTER_MARKUP = FTFY_CONFIG._replace(unescape_html=False)
# ftfy takes one pass over the line for each time that an ampersand was escaped; nine times over,
# the line is broken or hostile.
_ESCAPED_OVER_AND_OVER = re.compile("&(?:(?:amp|AMP|#0*38|#[xX]0*26);){9,}")


class NormalizeParams(Section):
    """Nothing to choose: texts that are to be compared must all have the one form."""


def normalize_text(text: str) -> str:
    r"""The one form of a text. Idempotent.

    Line ends become ``\n``; ftfy repairs mojibake, entities, ligatures and controls under
    ``FTFY_CONFIG``; :func:`pipeline.text.tidy.tidy` does the rest, NFC among it; and all of it
    again until nothing changes, as one repair can uncover another.

    >>> normalize_text("schÃ¶n \u200b &amp; gut\r\n\r\n\r\n\r\n“你好，　世界！”  ")
    'schön & gut\n\n“你好， 世界！”'
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    while True:
        before = text
        text = tidy(_repair(text, FTFY_CONFIG))
        if text == before:
            return text


def _repair(text: str, config: ftfy.TextFixerConfig) -> str:
    return str(ftfy.fix_text(_ESCAPED_OVER_AND_OVER.sub("&amp;", text), config))


def normalize_batch(texts: pa.Array) -> pa.Array:
    """``normalize_text`` of every text of an Arrow string column; nulls stay null.

    Texts that the scan proves to be in form already are returned without having become Python
    strings; of the others only the lines in doubt are shown to ftfy.
    """
    column = texts
    if np.any(as_utf8(column).bytes == ord("\r")):
        column = pc.replace_substring(column, "\r\n", "\n")
        column = pc.replace_substring(column, "\r", "\n")
    changed: dict[int, str] = {}
    rows: NDArray[np.int64] = np.arange(len(column))
    pending: pa.Array = column
    while len(rows):
        batch = as_utf8(pending)
        found = scan(batch)
        only_blanks = [int(index) for index in np.flatnonzero(found.flags == BLANKS)]
        next_rows = [int(rows[index]) for index in only_blanks]
        next_texts = tidy_blanks(batch, only_blanks)
        for index in found.rows_in_doubt():
            if found.flags[index] == BLANKS:
                continue
            before = bytes(batch.bytes[batch.offsets[index] : batch.offsets[index + 1]]).decode()
            after = tidy(_repair_lines(batch, index, found, before))
            if after != before:
                next_rows.append(int(rows[index]))
                next_texts.append(after)
        changed.update(zip(next_rows, next_texts, strict=True))
        rows = np.array(next_rows, np.int64)
        pending = pa.array(next_texts, pa.large_string())
    if not changed:
        return column
    mask = np.zeros(len(column), np.bool_)
    order = sorted(changed)
    mask[order] = True
    return pc.replace_with_mask(
        column, pa.array(mask), pa.array([changed[row] for row in order], column.type)
    )


def _repair_lines(batch: Utf8Batch, index: int, found: Scan, text: str) -> str:
    """``_repair`` of one text, calling ftfy only on the lines that the scan doubts.

    ftfy works line by line. All that it carries along is that entities stay as they are from the
    first line with a ``<`` on (of a line that is too long for it, from the first piece).
    """
    if not found.flags[index] & FTFY:
        return text
    first, last = int(batch.offsets[index]), int(batch.offsets[index + 1])
    data = bytes(batch.bytes[first:last])
    markup = data.find(b"<")
    pieces: list[str] = []
    at = 0
    for start, end in found.lines_of(index):
        start, end = start - first, end - first
        pieces.append(data[at:start].decode())
        config = _FTFY_CONFIG_AFTER_MARKUP if 0 <= markup < start else FTFY_CONFIG
        pieces.append(_repair(data[start:end].decode(), config))
        at = end
    pieces.append(data[at:].decode())
    return "".join(pieces)


def normalize_documents(batch: pa.RecordBatch, params: NormalizeParams) -> pa.RecordBatch:
    """DOCUMENTS in, DOCUMENTS out: text and title in their normal form, the title on one line.

    A text of which nothing is left becomes null with skip_rule ``empty_text``. Records that are
    skipped or unreadable pass through.
    """
    is_document = pc.and_(pc.is_null(batch.column("skip_rule")), pc.is_null(batch.column("error")))
    texts = normalize_batch(pc.if_else(is_document, batch.column("text"), None))
    is_empty = pc.fill_null(pc.equal(texts, ""), False)
    titles = normalize_batch(batch.column("title"))
    titles = pc.utf8_trim_whitespace(pc.replace_substring_regex(titles, r"\s+", " "))
    replaced = {
        "text": pc.if_else(is_empty, None, pc.if_else(is_document, texts, batch.column("text"))),
        "title": pc.if_else(pc.equal(titles, ""), None, titles),
        "skip_rule": pc.if_else(is_empty, "empty_text", batch.column("skip_rule")),
    }
    return pa.RecordBatch.from_arrays(
        [replaced.get(name, batch.column(name)) for name in batch.schema.names],
        schema=batch.schema,
    )


STAGE = Stage(
    name="normalize",
    reads=DOCUMENTS,
    writes=DOCUMENTS,
    params=NormalizeParams,
    kernel=normalize_documents,
)
