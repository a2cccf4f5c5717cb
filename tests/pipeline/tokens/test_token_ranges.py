"""Ranges of tokens, by place and by document, against shards written here."""

import numpy as np
import pyarrow.fs
import pytest

from pipeline.tokens.shard_writer import ShardWriter
from pipeline.tokens.token_ranges import TokenRanges
from schemas.errors import ConfigError, ShardError
from schemas.shards import Manifest, TokenizerFacts

DOC_IDS = [f"{i:02x}" * 15 + "00" for i in range(1, 6)]
LENGTHS = [3, 1, 4, 2, 5]
PLACES = [("train", 0), ("train", 0), ("train", 1), ("validation", 0), ("train", 1)]


@pytest.fixture
def written(tmp_path):
    files = pyarrow.fs.LocalFileSystem()
    shards = []
    for split, number in sorted(set(PLACES)):
        writer = ShardWriter(split, number, "uint16")
        for doc_id, length, place in zip(DOC_IDS, LENGTHS, PLACES, strict=True):
            if place == (split, number):
                writer.add(doc_id, "web", np.ones(length, np.int32), length)
        shards.append(writer.write(files, str(tmp_path), {}))
    manifest = Manifest(
        dtype="uint16",
        tokenizer=TokenizerFacts(
            sha256="", vocabulary_size=300, end_of_text_id=0, end_of_text="<|endoftext|>"
        ),
        sources=["web"],
        shards=shards,
        config={},
        inputs_sha256="",
        ledger_sha256="",
        code_version="",
    )
    return TokenRanges(files, str(tmp_path), manifest), tmp_path


def test_every_token_of_a_split_belongs_to_one_document(written):
    ranges, _ = written
    owners = [ranges.at("train", position).doc_id for position in range(13)]
    expected = [DOC_IDS[i] for i in (0, 1, 2, 4) for _ in range(LENGTHS[i])]
    assert owners == expected
    assert ranges.at("train/shard-00001", 4).position == 8
    assert str(ranges.at("train/shard-00001", 4)) == "train/shard-00001[4:9] = train[8:13]"


def test_a_document_leads_to_its_range_and_back(written):
    ranges, _ = written
    found = ranges.of([DOC_IDS[4], DOC_IDS[3], "ff" * 16])
    assert [(r.shard, r.start, r.stop, r.position) for r in found] == [
        ("train/shard-00001", 4, 9, 4 + 4),
        ("validation/shard-00000", 0, 2, 0),
    ]
    for place in found:
        assert ranges.at(place.shard, place.stop - 1) == place


def test_documents_are_found_by_their_places(written):
    ranges, _ = written
    found = ranges.documents("train/shard-00001", 0, 1)
    assert [(r.doc_id, r.row, r.start) for r in found] == [(DOC_IDS[2], 0, 0), (DOC_IDS[4], 1, 4)]
    for name, last, said in (("train/shard-00001", 2, "has 2 documents"), ("x", 0, "is not there")):
        with pytest.raises(ConfigError, match=f"{name} documents 0-{last}: {name} {said}"):
            ranges.documents(name, 0, last)


@pytest.mark.parametrize(
    ("name", "token", "said"),
    [
        ("train", 13, "train:13: train has 13 tokens"),
        ("test", 0, "test:0: test is not there"),
        ("train/shard-00000", 4, "train/shard-00000:4: train/shard-00000 has 4 tokens"),
    ],
)
def test_a_token_that_is_not_there_is_refused(written, name, token, said):
    with pytest.raises(ConfigError, match=said):
        written[0].at(name, token)


def test_side_files_that_are_not_the_manifest_s_are_refused(written):
    ranges, folder = written
    path = folder / "train/shard-00000.doc_ids.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1  # of the id of the shard's last document: nobody would find it
    path.write_bytes(content)
    with pytest.raises(ShardError, match=r"train/shard-00000\.doc_ids\.npy: not the file"):
        ranges.of([DOC_IDS[4]])
    path = folder / "train/shard-00001.offsets.npy"
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(ShardError, match=r"train/shard-00001\.offsets\.npy: not the file"):
        ranges.at("train/shard-00001", 0)
    path.unlink()
    with pytest.raises(ShardError, match="no such file"):
        ranges.at("train/shard-00001", 0)
