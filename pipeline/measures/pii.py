"""Personal data in texts: found, counted, and replaced by placeholders.

Kinds, expressions and checksums: :mod:`pipeline.measures.pii_patterns`. Only the windows of a
text that hold an ``@`` or enough digits are looked at (:mod:`pipeline.measures.pii_windows`).
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.measures.pii_narrow import narrow
from pipeline.measures.pii_patterns import find_kind
from pipeline.measures.pii_windows import windows
from pipeline.text.utf8 import Texts, Utf8Batch, as_utf8
from schemas.config import Section
from schemas.documents import PiiKind


class PiiParams(Section):
    """What becomes of personal data in a text that is kept. Documents with much of it are dropped
    by ``decide.max_pii``; how much each has stands in ATTRIBUTES."""

    redact: tuple[PiiKind, ...] = tuple(PiiKind)
    """Kinds that are replaced by placeholders in the token shards."""


@dataclass(frozen=True, slots=True)
class PiiSpan:
    """Where one piece of personal data stands: ``text[start:end]``, in characters."""

    kind: PiiKind
    start: int
    end: int


def find(text: str) -> list[PiiSpan]:
    """Personal data in a text, from left to right, none overlapping.

    >>> [span.kind.value for span in find("Write to ann@example.org or call +44 20 7946 0958.")]
    ['email', 'phone']
    """
    data = as_utf8([text])
    spans, at, byte = [], 0, 0
    for _, kind, start, end in _spans(data):
        first = at + len(bytes(data.bytes[byte:start]).decode())
        at, byte = first + len(bytes(data.bytes[start:end]).decode()), end
        spans.append(PiiSpan(kind, first, at))
    return spans


def redact(text: str) -> str:
    """The text with every piece of personal data replaced by its kind and a number; equal pieces
    have equal numbers.

    >>> redact("From ann@example.org to bob@example.org; ann@example.org again.")
    'From [EMAIL_1] to [EMAIL_2]; [EMAIL_1] again.'
    """
    return str(redact_batch(pa.array(_sound([text]), pa.large_string()), tuple(PiiKind))[0].as_py())


def redact_batch(texts: pa.Array, kinds: Collection[PiiKind]) -> pa.Array:
    """``redact`` for every text of an Arrow string column, for some kinds; nulls stay null."""
    if not kinds:
        return texts
    batch = as_utf8(texts)
    pieces: dict[int, list[bytes]] = {}
    ends: dict[int, int] = {}
    numbers: dict[tuple[int, PiiKind], dict[str, int]] = {}
    for row, kind, start, end in _spans(batch):
        if kind not in kinds:
            continue
        at = ends.get(row, int(batch.offsets[row]))
        value = bytes(batch.bytes[start:end]).decode()
        plain = "".join(c for c in narrow(value).casefold() if c.isalnum() or c == "@")
        seen = numbers.setdefault((row, kind), {})
        number = seen.setdefault(plain, len(seen) + 1)
        pieces.setdefault(row, []).append(bytes(batch.bytes[at:start]))
        pieces[row].append(f"[{kind.name}_{number}]".encode())
        ends[row] = end
    if not pieces:
        return texts
    changed = sorted(pieces)
    mask = np.zeros(len(texts), np.bool_)
    mask[changed] = True
    replaced = [
        b"".join([*pieces[row], bytes(batch.bytes[ends[row] : batch.offsets[row + 1]])]).decode()
        for row in changed
    ]
    return pc.replace_with_mask(texts, pa.array(mask), pa.array(replaced, texts.type))


def measure(texts: Texts) -> NDArray[np.int64]:
    """Pieces of personal data of each kind, int64 (num_texts, number of kinds), in the order of
    ``PiiKind``."""
    batch = as_utf8(texts)
    counts = np.zeros((len(batch), len(PiiKind)), np.int64)
    column = {kind: place for place, kind in enumerate(PiiKind)}
    for row, kind, _, _ in _spans(batch):
        counts[row, column[kind]] += 1
    return counts


def _spans(batch: Utf8Batch) -> Iterator[tuple[int, PiiKind, int, int]]:
    """Row, kind, first byte and end of each piece, in order."""
    for row, first, last in windows(batch).tolist():
        text = bytes(batch.bytes[first:last]).decode()
        at, byte = 0, first
        for kind, start, end in _in_window(text):
            begin = byte + len(text[at:start].encode())
            at, byte = end, begin + len(text[start:end].encode())
            yield row, kind, begin, byte


def _in_window(text: str) -> list[tuple[PiiKind, int, int]]:
    found: list[tuple[PiiKind, int, int]] = []
    text = narrow(text)
    for kind in PiiKind:
        if kind == PiiKind.EMAIL and "@" not in text:
            continue
        spans = list(find_kind(kind, text))
        found += [(kind, start, end) for start, end in spans]
        # What is found is hidden from the next kind: a number beside it stands by itself then.
        pieces, at = [], 0
        for start, end in spans:
            pieces += [text[at:start], "\0" * (end - start)]
            at = end
        text = "".join([*pieces, text[at:]])
    return sorted(found, key=lambda span: span[1])


def _sound(texts: Sequence[str]) -> list[str]:
    """Lone surrogates become U+FFFD, as in every batch."""
    return [text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for text in texts]
