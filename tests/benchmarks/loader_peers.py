"""Peers of bench_loader; runs in an environment of its own, see requirements-loader.txt.

``python -m tests.benchmarks.loader_peers PEER FOLDER SEQUENCE BATCH [convert]``: FOLDER holds
``tokens.bin``, uint16; documents are 1,000 tokens long. With ``convert`` the peer's own format is
written beside it; without, the peer is timed, as its documentation uses it, without workers.
"""

import os
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.loader_timing import time_loader

DOCUMENT = 1000


def tokens(folder: Path) -> Any:
    """All tokens, mapped."""
    return np.memmap(folder / "tokens.bin", np.uint16, mode="r")


def in_turn(get: Callable[[int], Any], size: int, batch: int, stack: Any) -> Iterator[Any]:
    """Batches of a map-style data set that shuffles by itself."""
    place = 0
    while True:
        yield stack([get((place + i) % size) for i in range(batch)])
        place += batch


def grouped(samples: Callable[[], Iterator[Any]], batch: int, stack: Any) -> Iterator[Any]:
    """Batches of an iterable data set, epoch after epoch."""
    while True:
        rows = []
        for row in samples():
            rows.append(row)
            if len(rows) == batch:
                yield stack(rows)
                rows = []


def datatrove(folder: Path, sequence: int, batch: int, convert: bool) -> Any:
    """One file of tokens; the library shuffles windows of it."""
    if convert:
        (folder / "datatrove").mkdir()
        (folder / "datatrove" / "00000.ds").hardlink_to(folder / "tokens.bin")
        ends = np.arange(DOCUMENT, len(tokens(folder)) + 1, DOCUMENT)
        ends.astype("<u8").tofile(folder / "datatrove" / "00000.ds.index")
        return None
    import torch
    from datatrove.utils.dataset import DatatroveFolderDataset

    def batches() -> Iterator[Any]:
        data = DatatroveFolderDataset(
            str(folder / "datatrove"), seq_len=sequence, token_size=2, shuffle=True, seed=1
        )
        return in_turn(lambda i: data[i]["input_ids"], len(data), batch, torch.stack)

    return batches


def megatron(folder: Path, sequence: int, batch: int, convert: bool) -> Any:
    """An indexed data set, without masks."""
    name = folder / "megatron" / "tokens"
    count = len(tokens(folder)) // DOCUMENT
    if convert:
        name.parent.mkdir()
        name.with_suffix(".bin").hardlink_to(folder / "tokens.bin")
        name.with_suffix(".idx").write_bytes(
            b"MMIDIDX\x00\x00"
            + struct.pack("<QBQQ", 1, 8, count, count + 1)
            + np.full(count, DOCUMENT, "<i4").tobytes()
            + (np.arange(count, dtype="<i8") * 2 * DOCUMENT).tobytes()
            + np.arange(count + 1, dtype="<i8").tobytes()
        )
        return None
    import torch
    from megatron.core.datasets.gpt_dataset import GPTDataset, GPTDatasetConfig
    from megatron.core.datasets.indexed_dataset import IndexedDataset
    from megatron.core.datasets.utils import Split

    class Tokenizer:
        unique_identifiers: dict[str, str] = {}  # noqa: RUF012
        eod, pad, vocab_size = 0, -1, 50_257

    def batches() -> Iterator[Any]:
        config = GPTDatasetConfig(
            random_seed=1,
            sequence_length=sequence,
            split="1",
            reset_position_ids=False,
            reset_attention_mask=False,
            eod_mask_loss=False,
            create_attention_mask=False,
            tokenizer=Tokenizer(),
        )
        documents = np.arange(count, dtype=np.int32)
        samples = (count * DOCUMENT - 1) // sequence
        indexed = IndexedDataset(str(name), mmap=True)
        data = GPTDataset(indexed, str(name), documents, samples, Split.train, config)
        return in_turn(lambda i: data[i]["tokens"], samples, batch, torch.stack)

    return batches


def huggingface(folder: Path, sequence: int, batch: int, convert: bool) -> Any:
    """An Arrow table of rows of one length, shuffled, in numpy format; a batch is one slice."""
    import datasets
    import pyarrow as pa

    if convert:
        rows = (len(tokens(folder)) - 1) // sequence
        pieces = [
            tokens(folder)[first * sequence : min(first + 4096, rows) * sequence]
            for first in range(0, rows, 4096)
        ]
        column = pa.chunked_array(
            [pa.FixedSizeListArray.from_arrays(pa.array(piece), sequence) for piece in pieces]
        )
        table = datasets.Dataset(pa.table({"tokens": column}))
        table.save_to_disk(str(folder / "huggingface"))
        return None

    def batches() -> Iterator[Any]:
        data = datasets.load_from_disk(str(folder / "huggingface"))
        data = data.with_format("numpy").shuffle(seed=1)
        while True:
            for first in range(0, len(data) - batch + 1, batch):
                yield data[first : first + batch]["tokens"]

    return batches


def mosaicml(folder: Path, sequence: int, batch: int, convert: bool) -> Any:
    """MDS shards of samples of one length, the library's own shuffle."""
    from streaming import MDSWriter, StreamingDataset

    place = str(folder / "mosaicml")
    if convert:
        every = tokens(folder)
        with MDSWriter(out=place, columns={"tokens": f"ndarray:uint16:{sequence}"}) as writer:
            for first in range(0, len(every) - sequence, sequence):
                writer.write({"tokens": every[first : first + sequence]})
        return None

    def batches() -> Iterator[Any]:
        data = StreamingDataset(local=place, shuffle=True, batch_size=batch)
        return grouped(lambda: (row["tokens"] for row in data), batch, np.stack)

    return batches


def _pieces(span: tuple[str, int, int]) -> Iterator[Any]:
    import torch

    path, first, end = span
    yield torch.from_numpy(tokens(Path(path))[first:end].copy())


def litdata(folder: Path, sequence: int, batch: int, convert: bool) -> Any:
    """Chunks of tokens, cut into blocks by the library's own loader."""
    import torch
    from litdata import StreamingDataset, optimize
    from litdata.streaming.item_loader import TokensLoader

    place = str(folder / "litdata")
    if convert:
        size, step = len(tokens(folder)), 1_000_000
        optimize(
            fn=_pieces,
            inputs=[(str(folder), at, min(at + step, size)) for at in range(0, size, step)],
            output_dir=place,
            chunk_size=sequence * 8192,
            item_loader=TokensLoader(),
            num_workers=1,
        )
        return None

    def batches() -> Iterator[Any]:
        loader = TokensLoader(block_size=sequence)
        data = StreamingDataset(place, item_loader=loader, shuffle=True)
        return grouped(lambda: iter(data), batch, torch.stack)

    return batches


PEERS: dict[str, Callable[[Path, int, int, bool], Any]] = {
    "datatrove": datatrove,
    "datasets": huggingface,
    "megatron-core": megatron,
    "litdata": litdata,
    "mosaicml-streaming": mosaicml,
}


if __name__ == "__main__":
    peer, where, sequence_length, batch_size = sys.argv[1:5]
    opened = PEERS[peer](
        Path(where), int(sequence_length), int(batch_size), sys.argv[5:] == ["convert"]
    )
    if opened is not None:
        time_loader(opened, int(sequence_length), int(batch_size))
    os._exit(0)  # some keep threads and shared memory that never end
