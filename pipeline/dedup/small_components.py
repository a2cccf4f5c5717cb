"""Connected components of a graph that one task can hold: union-find."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit
from numpy.typing import NDArray

LABELS = pa.schema([("doc_id", pa.string()), ("component", pa.string())])


def components_in_one_task(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """``doc_id`` and ``component``, its smallest, of all ends of edges.

    Args:
        batches: ``doc_id_a``, ``doc_id_b`` of all edges that are no loops.
    """
    edges = list(batches)
    if not edges:
        return
    table = pa.Table.from_batches(edges)
    ends = pa.concat_arrays([*table.column(0).chunks, *table.column(1).chunks])
    doc_ids = pc.unique(ends)
    doc_ids = doc_ids.take(pc.sort_indices(doc_ids))  # the order of bytes, as Spark's
    numbers = pc.index_in(ends, doc_ids).to_numpy().astype(np.int64)
    smallest = _smallest(len(doc_ids), numbers[: table.num_rows], numbers[table.num_rows :])
    columns = [doc_ids, doc_ids.take(pa.array(smallest))]
    yield pa.RecordBatch.from_arrays(columns, schema=LABELS)


@njit("int64[::1](int64, int64[::1], int64[::1])", cache=True, nogil=True)
def _smallest(
    num_nodes: int, one: NDArray[np.int64], other: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The smallest node of each node's component."""
    parent = np.arange(num_nodes)
    for i in range(len(one)):
        a, b = one[i], other[i]
        while parent[a] != a:
            parent[a] = parent[parent[a]]  # halves the path
            a = parent[a]
        while parent[b] != b:
            parent[b] = parent[parent[b]]
            b = parent[b]
        parent[max(a, b)] = min(a, b)
    for node in range(num_nodes):  # parents are smaller, so theirs are final
        parent[node] = parent[parent[node]]
    return parent
