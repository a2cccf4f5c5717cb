"""A take-down removes its token ranges and nothing else, and later builds honour it."""

import shutil
from collections import defaultdict

import numpy as np
import pyarrow.dataset as ds
import pytest

from pipeline.corpus import build_corpus, plan
from pipeline.rights.take_down import TakeDownConfig, read_names, take_down
from pipeline.rights.trace import read_build_in_force, trace
from schemas.errors import ConfigError
from schemas.shards import SIDE_FILES, read_manifest
from tests.small_dumps import configure
from trainer.shards import TokenStream

URLS = ["https://copy.example/near", "http://nl.example/dijk#top", "https://en.example/short"]


def tokens_of(path, split):
    stream = TokenStream(path, split, "always")
    return stream.gather(np.array([0]), stream.num_tokens)[0]


def streams(path):
    return {split: tokens_of(path, split) for split in ("train", "validation")}


def killed(*_):
    raise KeyboardInterrupt


@pytest.mark.spark
@pytest.mark.slow
def test_the_ranges_go_and_stay_away(spark, corpus, dumps, tmp_path, monkeypatch):
    built, original = corpus
    output = tmp_path / "out"
    shutil.copytree(original, output, symlinks=True)
    old_path = output / built.manifest.shards
    old, before = read_manifest(old_path), streams(old_path)
    traces = trace(str(output), URLS)
    assert [len(found.ranges) for found in traces] == [1, 1, 0]
    config = TakeDownConfig(corpus=str(output), list="unused")
    with pytest.raises(ConfigError, match="1 of 4 names are not in the corpus, such as 'nobody'"):
        take_down(spark, config, [*URLS, "nobody"])
    assert read_build_in_force(str(output)) == built.manifest

    # One that is killed changes nothing that is in force, and the next finishes it.
    with monkeypatch.context() as patched:
        patched.setattr("pipeline.rights.take_down._commit", killed)
        with pytest.raises(KeyboardInterrupt):
            take_down(spark, config, URLS)
    assert read_build_in_force(str(output)) == built.manifest
    done = take_down(spark, config, URLS)
    build = read_build_in_force(str(output))
    assert (build.build, build.without_take_downs) == (done.build, built.manifest.build)
    path = output / build.shards
    new, after = read_manifest(path), streams(path)
    assert new.parent == old.identity() == built.manifest.shards_sha256
    assert new.identity() == build.shards_sha256 == done.shards

    # Exactly the ranges are gone.
    for split, tokens in before.items():
        gone = np.zeros(len(tokens), bool)
        for found in traces:
            for place in found.ranges:
                if place.split == split:
                    gone[place.position : place.position + place.stop - place.start] = True
        assert np.array_equal(after[split], tokens[~gone])
    assert done.num_tokens == sum(len(before[s]) - len(after[s]) for s in before)

    # Only their shards are other files.
    touched = {place.shard for found in traces for place in found.ranges}
    assert set(done.written) == touched
    for was, now in zip(old.shards, new.shards, strict=True):
        for suffix in SIDE_FILES:
            same = (old_path.parent / f"{was.name}{suffix}").samefile(
                path.parent / f"{now.name}{suffix}"
            )
            assert same == (was.name not in touched)
        assert (was == now) == (was.name not in touched)

    # The ledger says so, and adds up.
    assert sum(build.outcomes.values()) == build.records == built.manifest.records
    assert build.outcomes["kept"] == built.manifest.outcomes["kept"] - 2
    [near] = [
        record
        for record in trace(str(output), URLS[:1])[0].records
        if record.ledger["source_file"] == "news/stories.jsonl"
    ]
    assert near.fate() == "dropped: taken_down"
    assert (output / "builds/latest/report/index.html").exists()

    # The nightly build finds it done; a build of other thresholds leaves them out, too.
    assert (
        build_corpus(spark, configure(dumps, output), plan(configure(dumps, output))).manifest
        == build
    )
    other = configure(dumps, output, dedup={"threshold": 0.85})
    rebuilt = build_corpus(spark, other, plan(other)).manifest
    assert rebuilt.build != build.build
    assert rebuilt.rules["taken_down"] == build.rules["taken_down"] == 4
    assert all(not found.ranges for found in trace(str(output), URLS))
    # Again changes nothing.
    take_down(spark, config, URLS[:1])
    assert len(list((output / "take_downs").iterdir())) == 1


@pytest.mark.spark
@pytest.mark.slow
def test_by_option_the_best_copy_is_kept_from_the_next_build_on(spark, corpus, dumps, tmp_path):
    _, original = corpus
    output = tmp_path / "out"
    shutil.copytree(original, output, symlinks=True)
    folder, root = configure(dumps, output), str(output)
    rows = ledger_of(output)
    twins = {row["doc_id"] for row in rows if row["rule"] in ("near_duplicate", "same_text")}
    survivor = next(row["duplicate_of"] for row in rows if row["doc_id"] in twins)
    copies = {row["doc_id"] for row in rows if row["duplicate_of"] == survivor} - {survivor}
    config = TakeDownConfig(corpus=root, list="unused", copies="revive")
    take_down(spark, config, [survivor])
    rules = rules_of(output)
    assert rules[survivor] == {"taken_down"}
    assert all(rules[copy] == {"copy_of_taken_down"} for copy in copies)

    rebuilt = build_corpus(spark, folder, plan(folder)).manifest
    rules = rules_of(output)
    assert rules[survivor] == {"taken_down"}
    [heir] = [copy for copy in copies if None in rules[copy]]
    assert "copy_of_taken_down" not in set().union(*rules.values())
    assert [len(found.ranges) for found in trace(root, [survivor, heir])] == [0, 1]
    # It stays so, until somebody takes the copies down, too.
    assert build_corpus(spark, folder, plan(folder)).manifest == rebuilt
    take_down(spark, config.model_copy(update={"copies": "drop"}), [heir])
    build_corpus(spark, folder, plan(folder))
    rules = rules_of(output)
    assert set().union(*(rules[one] for one in copies)) <= {"taken_down", "copy_of_taken_down"}


def rules_of(output):
    """The rules that each document met; None where it is kept."""
    found = defaultdict(set)
    for row in ledger_of(output):
        found[row["doc_id"]].add(row["rule"])
    return found


def ledger_of(output):
    path = output / read_build_in_force(str(output)).ledger
    return ds.dataset(path, format="parquet", exclude_invalid_files=True).to_table().to_pylist()


def test_a_list_is_names_line_by_line(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("# asked for in May\n a \n\nb\na\n")
    assert read_names(str(path)) == ["a", "b"]
    path.write_text("# nothing\n")
    with pytest.raises(ConfigError, match="no name in it"):
        read_names(str(path))
    with pytest.raises(ConfigError, match="no such file"):
        read_names(str(tmp_path / "absent"))
