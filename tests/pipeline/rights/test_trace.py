"""Tokens lead to records and records to tokens, on a real build."""

import json

import numpy as np
import pytest

from pipeline.rights.records import Record
from pipeline.rights.trace import Trace, read_build_in_force, trace
from pipeline.tokens.token_ranges import TokenRange
from pipeline.tokens.tokenizer import load
from schemas.errors import ConfigError
from schemas.ledger import LEDGER
from schemas.shards import read_manifest

pytestmark = [pytest.mark.spark, pytest.mark.slow]


def test_tokens_of_every_shard_lead_to_the_line_of_the_dump(corpus, dumps):
    built, output = corpus
    manifest = read_manifest(output / built.manifest.shards)
    folder = (output / built.manifest.shards).parent
    tokenizer = load(folder / "tokenizer.json")
    shards = [shard for shard in manifest.shards if shard.num_tokens]
    names = [f"{shard.name}:{shard.num_tokens // 2}" for shard in shards]
    for shard, found in zip(shards, trace(str(output), names), strict=True):
        [place] = found.ranges
        assert place.start <= shard.num_tokens // 2 < place.stop
        text = tokenizer.decode(
            np.fromfile(folder / f"{shard.name}.bin", "<u2")[place.start : place.stop - 1]
        )
        kept = [record for record in found.records if record.fate() == "kept"]
        [record] = kept
        data = (dumps / record.ledger["source_file"]).read_bytes()
        line = json.loads(data[record.ledger["record_offset"] :].split(b"\n")[0])
        assert line["url"] == record.url
        assert line["text"].split()[:5] == text.split()[:5]
        [back] = trace(str(output), [record.place])
        assert back.ranges == [place]
        [by_url] = trace(str(output), [record.url])
        assert place in by_url.ranges
        [stream] = trace(str(output), [f"{shard.split}:{place.position}"])
        assert stream.ranges == [place]


def test_documents_as_a_training_run_names_them_are_traced_one_by_one(corpus):
    _, output = corpus
    first, second = trace(str(output), ["train/shard-00000 documents 1-2"])
    assert first.name == "train/shard-00000 document 1"
    assert [found.ranges[0].row for found in (first, second)] == [1, 2]
    for found in (first, second):
        place = found.ranges[0]
        [by_token] = trace(str(output), [f"{place.shard}:{place.start}"])
        assert by_token.records == found.records != []


def test_an_answer_names_record_fate_and_tokens(corpus):
    _, output = corpus
    short, unknown = trace(str(output), ["https://en.example/short", "https://no.example/"])
    text = "\n".join(short.lines())
    assert "record   news/stories.jsonl@" in text
    assert "fate     dropped: " in text
    assert "tokens" not in text
    assert list(unknown.lines()) == ["https://no.example/  not found"]


@pytest.mark.parametrize("folder", ["", "dumps/"])
def test_a_file_without_an_offset_is_told_how_to_name_its_records(corpus, folder):
    _, output = corpus
    name = f"{folder}news/stories.jsonl"
    file, record = trace(str(output), [name, "news/stories.jsonl@0"])
    assert list(file.lines()) == [
        f"{name}  not found: it is an input file; name a record of it by its offset, "
        "such as news/stories.jsonl@0"
    ]
    assert record.records


def test_tokens_stand_below_the_record_that_they_are_of():
    def record(doc_id, outcome, offset):
        row = dict.fromkeys(LEDGER.schema.names) | {"source_file": "a", "source": "web"}
        row |= {"doc_id": doc_id, "outcome": outcome, "record_offset": offset}
        if outcome == "duplicate":
            row |= {"rule": "same_url", "duplicate_of": "kept", "nearest": "kept"}
        return Record(row, "https://one.example/", None)

    records = [
        record("old", "duplicate", 1),
        record("kept", "kept", 2),
        record("kept", "duplicate", 3),
    ]
    place = TokenRange("kept", "train", "train/shard-00000", 0, 5, 9, 5)
    lines = [line.split()[0] for line in Trace("https://one.example/", records, [place]).lines()]
    assert lines == [
        "https://one.example/",
        *("record", "source", "url", "fate"),
        *("record", "source", "url", "fate", "tokens"),
        *("record", "source", "url", "fate"),
    ]


def test_no_build_is_told(tmp_path):
    with pytest.raises(ConfigError, match="no build of a corpus there"):
        read_build_in_force(str(tmp_path))
