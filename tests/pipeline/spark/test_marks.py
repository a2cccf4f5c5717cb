"""Marks from the builds of two corpora."""

import json
import shutil

import pytest

from pipeline.dedup.minhash import DedupParams
from pipeline.spark.marks import MarkConfig, builds_in_force, mark_duplicates
from pipeline.spark.tables import read_batches
from schemas.dedup import MARKS
from schemas.errors import ConfigError
from schemas.ledger import LEDGER
from tests.small_builds import build
from tests.small_dumps import configure

pytestmark = pytest.mark.spark


def test_a_corpus_is_all_of_itself(spark, corpus, tmp_path):
    built, output = corpus[0], tmp_path / "corpus"
    shutil.copytree(corpus[1], output, symlinks=True)
    config = MarkConfig(corpus=str(output), against=str(output))
    batch = mark_duplicates(spark, config)
    marks = read_batches(spark, MARKS, str(output), [batch.batch]).collect()
    assert {mark.similarity for mark in marks} == {1.0}
    ledger = spark.read.parquet(f"{output}/{built.manifest.ledger}")
    with_text = ledger.where("outcome in ('kept', 'duplicate')").select(*LEDGER.key).collect()
    places = {(mark.source_file, mark.record_offset) for mark in marks}
    assert {tuple(row) for row in with_text} <= places
    assert batch.facts["build"] == batch.facts["against"] == built.manifest.build
    assert not list(output.glob("_scratch*"))
    # Again: found, not made.
    assert mark_duplicates(spark, config) == batch


def test_signatures_of_other_parameters_are_refused(spark, corpus):
    folder = str(corpus[1])
    config = MarkConfig(corpus=folder, against=folder, dedup=DedupParams(seed=9))
    with pytest.raises(ConfigError, match="signed with other parameters"):
        mark_duplicates(spark, config)


def test_a_corpus_that_is_signed_so_in_part_is_refused(spark, corpus, dumps, tmp_path):
    output = tmp_path / "corpus"
    shutil.copytree(corpus[1], output, symlinks=True)
    shutil.copytree(dumps, tmp_path / "dumps")
    (tmp_path / "dumps/news/more.jsonl").write_text(json.dumps({"text": "A line more. " * 40}))
    build(spark, configure(tmp_path / "dumps", output, dedup={"seed": 2}))
    config = MarkConfig(corpus=str(output), against=str(output))
    with pytest.raises(ConfigError, match="1 of 2 batches"):
        mark_duplicates(spark, config)


def test_a_folder_without_a_build_is_refused(corpus, tmp_path):
    with pytest.raises(ConfigError, match="no build of a corpus there"):
        builds_in_force(MarkConfig(corpus=str(corpus[1]), against=str(tmp_path)))
