"""The language of each paragraph, and how much of a text is in the language of the whole.

A paragraph is a line with something on it. One whose letters do not tell (``und``: a number, a
name) takes no side.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.dedup.folding import gather_spans
from pipeline.measures.language import UNDETERMINED, measure
from pipeline.text.utf8 import Texts, as_utf8
from pipeline.text.words import line_spans


@dataclass(frozen=True, slots=True)
class Paragraphs:
    """Paragraphs of a batch of texts.

    Attributes:
        codes: ISO 639-1 codes or ``und``, ``pa.string()`` (num_paragraphs,).
        scores: float32 (num_paragraphs,), see ``pipeline.measures.language.measure``.
        starts, ends: int64 (num_paragraphs,), bytes of the text it stands in.
        offsets: int64 (num_texts + 1,), the first paragraph of each text.
    """

    codes: pa.Array
    scores: NDArray[np.float32]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    offsets: NDArray[np.int64]


def measure_paragraphs(texts: Texts) -> Paragraphs:
    """Language of each paragraph of each text.

    >>> found = measure_paragraphs(["The house is old.\\n\\n这座房子很旧。", "42"])
    >>> found.codes.to_pylist(), found.offsets.tolist()
    (['en', 'zh', 'und'], [0, 2, 3])
    """
    batch = as_utf8(texts)
    starts, ends, line_offsets = line_spans(batch)
    is_filled = ends > starts
    offsets = np.concatenate([[0], np.cumsum(is_filled)])[line_offsets]
    starts, ends = starts[is_filled], ends[is_filled]
    lines = gather_spans(batch, starts, ends)
    buffers = [None, pa.py_buffer(lines.offsets), pa.py_buffer(lines.bytes)]
    codes, scores = measure(pa.Array.from_buffers(pa.large_string(), len(lines), buffers))
    first = np.repeat(batch.offsets[:-1], np.diff(offsets))
    return Paragraphs(codes, scores, starts - first, ends - first, offsets)


def language_share(texts: Texts, codes: pa.Array) -> NDArray[np.float32]:
    """Share of each text, in bytes, that stands in paragraphs of its language: float32
    (num_texts,) in [0, 1]; 0 where the text is ``und``.

    Args:
        codes: the language of each text, as ``measure`` gives it.
    """
    found = measure_paragraphs(texts)
    numbered = pa.chunked_array([codes, found.codes]).combine_chunks().dictionary_encode()
    numbers = np.asarray(numbered.indices)
    names = numbered.dictionary.to_pylist()
    nowhere = names.index(UNDETERMINED) if UNDETERMINED in names else -1
    rows = np.repeat(np.arange(len(codes)), np.diff(found.offsets))
    of_text, of_paragraph = numbers[: len(codes)], numbers[len(codes) :]
    sizes = (found.ends - found.starts) * (of_paragraph != nowhere)
    same = sizes * (of_paragraph == of_text[rows])
    total = np.bincount(rows, sizes, len(codes))
    ours = np.bincount(rows, same, len(codes)) * (of_text != nowhere)
    # A text whose paragraphs are all too short to tell is as one.
    shares = np.where(total > 0, ours / np.maximum(total, 1), of_text != nowhere)
    narrow: NDArray[np.float32] = shares.astype(np.float32)
    return narrow
