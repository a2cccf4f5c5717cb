"""The same shards, read by the readers of other trainers: same tokens, same documents.

Their packages, and ``transformers``, are the extra ``readers``; a test is skipped where its package
is not installed. nanoGPT is a script without a package: its loader is two lines, which stand here.
"""

from itertools import pairwise

import numpy as np
import pyarrow.fs
import pytest

from pipeline.tokens.shard_writer import ShardWriter
from pipeline.tokens.tokenizer import TokenizerParams, train
from tests.pipeline.tokens.test_tokenizer import SENTENCES

END = 0
WINDOW = 64


@pytest.fixture(scope="module", params=["uint16", "int32"])
def shard(request, tmp_path_factory):
    """Path of a shard without suffix, its dtype and its documents."""
    dtype = request.param
    random = np.random.default_rng(5)
    largest = 65_535 if dtype == "uint16" else 150_000
    # One document is empty (its end alone), one is longer than several windows.
    documents = [
        np.append(random.integers(1, largest, length, endpoint=True), END).astype(np.int32)
        for length in [*random.integers(1, 90, 60), 0, 500, 1]
    ]
    writer = ShardWriter("train", 7, dtype)
    for number, tokens in enumerate(documents):
        writer.add(f"{number:032x}", "web", tokens, 0)
    folder = tmp_path_factory.mktemp(dtype)
    writer.write(pyarrow.fs.LocalFileSystem(), str(folder), {})
    return folder / "train" / "shard-00007", dtype, documents


def test_megatron_core(shard):
    indexed = pytest.importorskip("megatron.core.datasets.indexed_dataset", exc_type=ImportError)
    path, dtype, documents = shard
    for mmap in (True, False):
        dataset = indexed.IndexedDataset(str(path), mmap=mmap)
        assert len(dataset) == len(documents)
        assert dataset.index.dtype == np.dtype(dtype)
        assert dataset.document_indices.tolist() == list(range(len(documents) + 1))
        assert dataset.sequence_lengths.tolist() == [len(tokens) for tokens in documents]
        for number, tokens in enumerate(documents):
            assert np.array_equal(dataset[number], tokens)
        assert np.array_equal(dataset.get(61, offset=100, length=50), documents[61][100:150])


def test_datatrove(shard):
    pytest.importorskip("torch")
    datatrove = pytest.importorskip("datatrove.utils.dataset", exc_type=ImportError)
    path, dtype, documents = shard
    dataset = datatrove.DatatroveFileDataset(
        f"{path}.bin",
        seq_len=WINDOW - 1,
        token_size=np.dtype(dtype).itemsize,
        return_positions=True,
        positions_from_eos_token_id=END,
    )
    stream = np.concatenate(documents)
    assert len(dataset) == len(stream) // WINDOW
    places = np.concatenate([np.arange(len(tokens)) for tokens in documents])
    for number in range(len(dataset)):
        window = slice(number * WINDOW, (number + 1) * WINDOW)
        item = dataset[number]
        assert item["input_ids"].tolist() == stream[window].tolist()
        # It starts a document at the start of each window; from the first end on it knows.
        ends = np.flatnonzero(stream[window] == END)
        known = slice(ends[0] + 1 if len(ends) else WINDOW, None)
        assert item["positions"][known].tolist() == places[window][known].tolist()


def test_olmo_core(shard, tmp_path):
    olmo = pytest.importorskip("olmo_core.data", exc_type=ImportError)
    from olmo_core.data.utils import iter_document_indices

    path, dtype, documents = shard
    kind = {"uint16": np.uint16, "int32": np.uint32}[dtype]  # ids are never negative
    dataset = olmo.NumpyFSLDataset(
        f"{path}.bin",
        sequence_length=WINDOW,
        pad_token_id=END,
        eos_token_id=END,
        vocab_size=150_001,
        dtype=kind,
        generate_doc_lengths=True,
    )
    dataset.work_dir = tmp_path
    dataset.prepare()
    stream = np.concatenate(documents)
    assert len(dataset) == len(stream) // WINDOW
    for number in range(len(dataset)):
        window = stream[number * WINDOW : (number + 1) * WINDOW]
        item = dataset[number]
        assert item["input_ids"].tolist() == window.tolist()
        ends = np.flatnonzero(window == END) + 1
        lengths = np.diff(np.unique([0, *ends, WINDOW]))
        assert item["doc_lens"].tolist() == lengths.tolist()
    offsets = np.load(f"{path}.offsets.npy").astype(int).tolist()
    bounds = iter_document_indices(f"{path}.bin", eos_token_id=END, dtype=kind)
    assert [(int(start), int(end)) for start, end in bounds] == list(pairwise(offsets))


def test_nanogpt(shard):
    path, dtype, documents = shard
    data = np.memmap(f"{path}.bin", dtype=dtype, mode="r")
    stream = np.concatenate(documents)
    assert len(data) == len(stream)
    for start in (0, 17, len(data) - WINDOW - 1):
        inputs = data[start : start + WINDOW].astype(np.int64)
        targets = data[start + 1 : start + 1 + WINDOW].astype(np.int64)
        assert inputs.tolist() == stream[start : start + WINDOW].tolist()
        assert targets.tolist() == stream[start + 1 : start + 1 + WINDOW].tolist()
    assert (np.flatnonzero(data == END) + 1).tolist() == np.cumsum(
        [len(tokens) for tokens in documents]
    ).tolist()


def test_transformers_loads_our_tokenizer(tmp_path):
    transformers = pytest.importorskip("transformers", exc_type=ImportError)
    ours = train(iter(SENTENCES * 20), TokenizerParams(vocabulary_size=500))
    path = tmp_path / "tokenizer.json"
    path.write_text(ours.definition, encoding="utf-8")
    theirs = transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(path), eos_token=ours.end_of_text
    )
    assert theirs.eos_token_id == ours.end_of_text_id
    assert len(theirs) == ours.vocabulary_size
    for text in SENTENCES:
        ids = ours.encode_batch([text])[0].tolist()
        assert theirs(text)["input_ids"] == ids
        assert theirs.decode(ids, clean_up_tokenization_spaces=False) == text
