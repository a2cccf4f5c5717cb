"""The bytes of a shard, read back by independent code."""

import hashlib
import struct

import numpy as np
import pyarrow.fs
import pytest

from pipeline.tokens.shard_writer import ShardWriter
from schemas.shards import SIDE_FILES

DOCUMENTS = [
    ("0f" * 16, "web", [5, 6, 0], 9),
    ("a0" * 16, "book", [0], 0),
    ("b1" * 16, "web", [65535, 1, 2, 0], 7),
]


@pytest.fixture(params=["uint16", "int32"])
def written(request, tmp_path):
    writer = ShardWriter("train", 3, request.param)
    for doc_id, source, tokens, size in DOCUMENTS:
        writer.add(doc_id, source, np.array(tokens, np.int32), size)
    entry = writer.write(pyarrow.fs.LocalFileSystem(), str(tmp_path), {"book": 0.5})
    return request.param, entry, tmp_path


def test_the_payload_is_the_documents_end_to_end(written):
    dtype, entry, folder = written
    flat = np.fromfile(folder / "train/shard-00003.bin", f"<{np.dtype(dtype).str[1:]}")
    assert flat.tolist() == [5, 6, 0, 0, 65535, 1, 2, 0]
    assert (entry.num_tokens, entry.num_documents, entry.num_utf8_bytes) == (8, 3, 16)
    assert entry.tokens_per_source == {"book": 1, "web": 7}


def test_side_files_describe_the_documents(written):
    _, _, folder = written
    base = str(folder / "train/shard-00003")
    assert np.load(base + ".offsets.npy").tolist() == [0, 3, 4, 8]
    assert np.load(base + ".sources.npy").tolist() == [0, 1, 0]
    assert np.load(base + ".weights.npy").tolist() == [1.0, 0.5, 1.0]
    assert np.load(base + ".doc_ids.npy")[1].tobytes().hex() == "a0" * 16


def test_the_index_is_megatron_s(written):
    """Field by field as Megatron-LM's IndexedDataset reads it."""
    dtype, _, folder = written
    raw = (folder / "train/shard-00003.idx").read_bytes()
    assert raw[:9] == b"MMIDIDX\x00\x00"
    version, code, sequences, documents = struct.unpack_from("<QBQQ", raw, 9)
    assert (version, sequences, documents) == (1, 3, 4)
    assert {4: "int32", 8: "uint16"}[code] == dtype
    at = 9 + struct.calcsize("<QBQQ")
    lengths = np.frombuffer(raw, "<i4", 3, at)
    pointers = np.frombuffer(raw, "<i8", 3, at + 12)
    boundaries = np.frombuffer(raw, "<i8", 4, at + 36)
    assert lengths.tolist() == [3, 1, 4]
    assert (pointers // np.dtype(dtype).itemsize).tolist() == [0, 3, 4]
    assert boundaries.tolist() == [0, 1, 2, 3]
    assert at + 36 + 32 == len(raw)


def test_checksums_cover_every_file_and_no_draft_remains(written):
    _, entry, folder = written
    assert set(entry.sha256) == set(SIDE_FILES)
    for suffix, digest in entry.sha256.items():
        content = (folder / f"{entry.name}{suffix}").read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest
    assert len(list((folder / "train").iterdir())) == len(SIDE_FILES)
