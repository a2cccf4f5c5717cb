"""DOCUMENTS -> OVERLAPS: which documents hold items of evaluation sets, and where."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.measures.contamination_index import (
    EvaluationIndex,
    Hits,
    build_index,
    find_hits,
)
from pipeline.measures.contamination_sets import ContaminationParams, name_of, read_items
from pipeline.measures.contamination_windows import Words, read_words
from schemas.contamination import OVERLAPS


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The evaluation sets, ready to be searched for.

    Attributes:
        index: of the items of all sets, in the order of the configuration.
        sets, lines: of each item the name of its set and its line there.
        min_overlap: see ``ContaminationParams``.
    """

    index: EvaluationIndex
    sets: Sequence[str]
    lines: Sequence[int]
    min_overlap: float

    def num_too_short(self) -> Counter[str]:
        """Items of each set that are searched for in no way, as they say too little."""
        too_short = self.index.is_too_short.tolist()
        return Counter(name for name, short in zip(self.sets, too_short, strict=True) if short)


def read_evaluation(params: ContaminationParams) -> Evaluation:
    """Read and index the sets.

    Raises:
        ConfigError: one of them cannot be read.
    """
    texts: list[str] = []
    sets: list[str] = []
    lines: list[int] = []
    for one in params.sets:
        items = read_items(one)
        texts += items.texts
        lines += items.lines
        sets += [name_of(one)] * len(items.texts)
    index = build_index(texts, params.min_words, params.min_characters, params.min_item_words)
    return Evaluation(index, sets, lines, params.min_overlap)


def find_overlaps(batch: pa.RecordBatch, evaluation: Evaluation) -> pa.RecordBatch:
    """OVERLAPS of a batch of DOCUMENTS: one row for each that holds something of an item.

    Nothing depends on what else is in the batch.
    """
    texts = batch["text"]
    words = read_words(texts)
    rows = list(_rows(words, find_hits(words, evaluation.index), evaluation))
    numbers = pa.array([row.text for row in rows], pa.int64())
    return pa.RecordBatch.from_arrays(
        [
            *(batch[name].take(numbers) for name in ("doc_id", "source_file", "record_offset")),
            *(
                pa.array([getattr(row, name) for row in rows], OVERLAPS.schema.field(name).type)
                for name in OVERLAPS.schema.names[3:]
            ),
        ],
        schema=OVERLAPS.schema,
    )


@dataclass(frozen=True, slots=True)
class _Row:
    text: int
    evaluation_sets: list[str]
    items: list[int]
    overlaps: list[float]
    spans: list[int]
    num_words_left: int


def _rows(words: Words, hits: Hits, evaluation: Evaluation) -> Iterator[_Row]:
    texts = np.searchsorted(words.offsets, hits.words, "right") - 1
    items = np.searchsorted(evaluation.index.offsets, hits.item_words, "right") - 1
    order = np.lexsort((hits.item_words, items, texts))
    for text, of_text in groupby(order.tolist(), lambda hit: int(texts[hit])):
        found = []
        covered: list[int] = []
        for item, of_item in groupby(of_text, lambda hit: int(items[hit])):
            mine = np.fromiter(of_item, np.int64)
            runs = _union(hits.item_words[mine], hits.lengths[mine])
            size = np.diff(evaluation.index.offsets[item : item + 2])[0]
            overlap = float((runs[:, 1] - runs[:, 0]).sum() / size)
            if overlap >= evaluation.min_overlap:
                found.append((-overlap, item))
                covered += mine.tolist()
        if not found:
            continue
        found.sort()
        first, last = words.offsets[text : text + 2]
        runs = _union(*_with_repeats(hits, np.array(covered), first, last))
        bounds = np.stack([words.starts[runs[:, 0]], words.ends[runs[:, 1] - 1]], 1)
        bounds -= words.text_starts[text]
        yield _Row(
            text,
            [evaluation.sets[item] for _, item in found],
            [evaluation.lines[item] for _, item in found],
            [-overlap for overlap, _ in found],
            bounds.ravel().tolist(),
            int(last - first - (runs[:, 1] - runs[:, 0]).sum()),
        )


def _with_repeats(
    hits: Hits, mine: NDArray[np.int64], first: int, last: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First words, ascending, and lengths of some hits of a text and of what repeats them."""
    starts, lengths = hits.words[mine], hits.lengths[mine]
    here = slice(*np.searchsorted(hits.again, [first, last]))
    again, of, sizes = hits.again[here], hits.again_of[here], hits.again_lengths[here]
    width = int(max(lengths.max(), sizes.max(initial=0))) + 1
    is_of_mine = np.isin(of * width + sizes, starts * width + lengths)
    starts = np.concatenate([starts, again[is_of_mine]])
    lengths = np.concatenate([lengths, sizes[is_of_mine]])
    order = np.argsort(starts, kind="stable")
    return starts[order], lengths[order]


def _union(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Runs, (num_runs, 2) of first and behind the last, of what ascending runs cover; those that
    touch are one."""
    ends = np.maximum.accumulate(starts + lengths)
    is_first = np.concatenate([[True], starts[1:] > ends[:-1]])
    is_last = np.concatenate([is_first[1:], [True]])
    return np.stack([starts[is_first], ends[is_last]], 1)
