"""The whole recipe on small dumps: adds up, is reproducible, costs what is new."""

import json
import shutil

import pytest

from pipeline.corpus import plan
from pipeline.report.funnel import funnel
from schemas.errors import ConfigError, DataError
from schemas.shards import read_manifest
from tests.small_builds import build, ledger_of
from tests.small_dumps import CHANGED, configure

pytestmark = [pytest.mark.spark, pytest.mark.slow]


def test_every_record_of_every_file_has_one_outcome(corpus, dumps):
    built, output = corpus
    rows = ledger_of(built, output)
    assert len(rows) == len({(row["source_file"], row["record_offset"]) for row in rows})
    lines = (dumps / "news" / "stories.jsonl").read_text().splitlines()
    per_file = {counts.path: counts for counts in built.manifest.per_file}
    assert per_file["news/stories.jsonl"].records == len(lines)
    assert per_file["news/stories.jsonl"].unreadable == 1
    assert per_file["web/torn.warc.gz"].unreadable >= 1
    for counts in per_file.values():
        total = counts.kept + counts.dropped + counts.duplicate + counts.unreadable
        assert counts.records == total
    assert sum(built.manifest.outcomes.values()) == built.manifest.records == len(rows)
    assert any("notes.md" in name for name in built.manifest.unrecognised)


def test_planted_copies_are_found_and_traced(corpus):
    built, output = corpus
    rows = ledger_of(built, output)
    by_id = {row["doc_id"]: row for row in rows if row["outcome"] == "kept"}
    duplicates = [row for row in rows if row["outcome"] == "duplicate"]
    assert {row["rule"] for row in duplicates} == {"same_record", "same_text", "near_duplicate"}
    for row in duplicates:
        assert row["duplicate_of"] in by_id
        assert 0.8 <= row["similarity"] <= 1.0
    # Every line of the copied file is the same record as in the first file.
    copied = [row for row in rows if row["source_file"] == "news/stories_copy.jsonl"]
    assert {row["outcome"] for row in copied} <= {"duplicate", "dropped", "unreadable"}


def test_good_chinese_and_english_prose_is_kept(corpus):
    built, output = corpus
    kept = [row["source_key"] for row in ledger_of(built, output) if row["outcome"] == "kept"]
    assert any("//zh.example" in key for key in kept)
    assert any("//en.example" in key for key in kept)


def test_the_shards_hold_what_was_kept(corpus):
    built, output = corpus
    manifest = read_manifest(output / built.manifest.shards)
    assert manifest.identity() == built.manifest.shards_sha256
    documents = sum(shard.num_documents for shard in manifest.shards)
    assert documents == built.manifest.outcomes["kept"]


def test_the_build_in_force_has_a_report_and_a_funnel(corpus):
    built, output = corpus
    latest = output / "builds" / "latest"
    assert (latest / "report" / "index.html").stat().st_size > 1000
    assert "records in" in funnel(built.manifest)
    assert not (output / "_scratch" / built.manifest.build).exists()


def test_one_and_seven_partitions_give_the_same_bytes(spark, corpus, dumps, tmp_path):
    built, output = corpus
    tree = {"partitions": 7}
    spark.conf.set("spark.sql.shuffle.partitions", "7")
    try:
        other = build(spark, configure(dumps, tmp_path / "seven", spark=tree))
    finally:
        spark.conf.set("spark.sql.shuffle.partitions", "4")
    for name in ("builds/latest/manifest.json", built.manifest.shards):
        assert (tmp_path / "seven" / name).read_bytes() == (output / name).read_bytes()
    assert other.manifest == built.manifest


def test_building_again_changes_nothing(spark, corpus, dumps):
    built, output = corpus
    before = sorted(output.rglob("*"))
    assert build(spark, configure(dumps, output)).manifest == built.manifest
    assert sorted(output.rglob("*")) == before


def test_a_new_threshold_reads_no_dump_again(spark, dumps, tmp_path):
    output = tmp_path / "out"
    first = build(spark, configure(dumps, output))
    ingested = sorted((output / "documents").rglob("*.parquet"))
    second = build(spark, configure(dumps, output, dedup={"threshold": 0.99, "min_recall": 0.0}))
    assert sorted((output / "documents").rglob("*.parquet")) == ingested
    assert second.manifest.build != first.manifest.build
    assert second.manifest.rules.get("near_duplicate", 0) < first.manifest.rules["near_duplicate"]


def test_growing_and_shrinking_input_equals_building_from_scratch(
    spark, corpus, dumps, tmp_path, capsys
):
    built, _ = corpus
    grown, output = tmp_path / "dumps", tmp_path / "out"
    shutil.copytree(dumps, grown)
    stories = grown / "news" / "stories.jsonl"
    full = stories.read_bytes()
    stories.write_bytes(b"\n".join(full.splitlines()[:5]) + b"\n")
    (grown / "news" / "gone.jsonl").write_text(json.dumps({"text": CHANGED * 3}))
    build(spark, configure(grown, output))
    stories.write_bytes(full)
    (grown / "news" / "gone.jsonl").unlink()
    capsys.readouterr()
    again = build(spark, configure(grown, output))
    known = len(again.manifest.inputs) - 1
    assert f"files read: 1, known: {known}" in capsys.readouterr().err
    assert again.manifest == built.manifest
    batches = list((output / "documents" / "v1").glob("batch=*"))
    assert len(batches) == 2  # the second holds the changed file alone


def test_too_much_unreadable_input_fails_and_leaves_nothing(spark, dumps, tmp_path):
    config = configure(dumps, tmp_path / "out", max_unreadable=0.0)
    with pytest.raises(DataError, match="unreadable, more than max_unreadable"):
        build(spark, config)
    assert not (tmp_path / "out").exists()


def test_a_folder_named_like_a_batch_may_hold_a_corpus(spark, dumps, tmp_path):
    grown, output = tmp_path / "dumps", tmp_path / "batch=7" / "out"
    shutil.copytree(dumps, grown)
    build(spark, configure(grown, output))
    with (grown / "news" / "stories.jsonl").open("a") as stories:
        stories.write(json.dumps({"text": CHANGED * 3}) + "\n")
    assert build(spark, configure(grown, output)).manifest.per_file[0].records


def test_a_file_that_is_no_dump_makes_a_new_list(spark, corpus, dumps, tmp_path):
    grown, output = tmp_path / "dumps", tmp_path / "out"
    shutil.copytree(dumps, grown)
    first = build(spark, configure(grown, output))
    (grown / "junk.xyz").write_text("junk")
    second = build(spark, configure(grown, output))
    assert [name for name in second.manifest.unrecognised if "junk" in name]
    assert second.manifest.shards_sha256 == first.manifest.shards_sha256


def test_a_tokenizer_that_cannot_be_used_is_told_before_spark_starts(dumps, tmp_path):
    config = configure(dumps, tmp_path / "out", tokenizer={"path": str(tmp_path / "none.json")})
    with pytest.raises(ConfigError, match=r"none\.json"):
        plan(config)


def test_what_is_tolerated_is_a_share_of_the_whole_input(spark, dumps, tmp_path):
    """A nightly run fails where a fresh build would, and only there."""
    grown, output = tmp_path / "dumps", tmp_path / "out"
    shutil.copytree(dumps, grown)
    (grown / "web" / "torn.warc.gz").unlink()
    build(spark, configure(grown, output))
    shutil.copy(dumps / "web" / "torn.warc.gz", grown / "web")
    build(spark, configure(grown, output))  # all of the new file is broken, little of the input
    with pytest.raises(DataError, match="more than max_unreadable"):
        build(spark, configure(grown, output, max_unreadable=0.001))  # nothing new, still too much
    assert (output / "builds" / "latest").exists()
