"""What shapes a corpus, and what does not."""

import re
import tomllib
from pathlib import Path

import pytest

from pipeline.config import CorpusConfig
from schemas.config import build_config, load_config
from schemas.errors import ConfigError

CONFIGS = Path(__file__).resolve().parents[2] / "jobs" / "configs"


def config(**tree):
    return build_config(CorpusConfig, {"input": "in", "output": "out"} | tree, where="test")


@pytest.mark.parametrize(
    "tree",
    [
        {"input": "elsewhere"},
        {"output": "elsewhere"},
        {"name": "other"},
        {"spark": {"partitions": 7, "master": "local[1]"}},
        {"sources": {"partition_bytes": 5}},
        {"tokenizer": {"path": "/elsewhere/tokenizer.json"}},
    ],
)
def test_places_and_spark_do_not_shape_the_corpus(tree):
    assert config(**tree).shaping() == config().shaping()


@pytest.mark.parametrize(
    "tree",
    [
        {"dedup": {"threshold": 0.9}},
        {"decide": {"min_words": 3}},
        {"tokenizer": {"vocabulary_size": 999}},
        {"shards": {"seed": 5}},
    ],
)
def test_every_parameter_of_a_stage_does(tree):
    assert config(**tree).shaping() != config().shaping()


def test_the_configuration_of_the_demo_is_valid():
    path = CONFIGS / "demo.toml"
    loaded = load_config(CorpusConfig, str(path), ["input=a", "output=b"])
    assert loaded.name == tomllib.loads(path.read_text())["name"]


def test_a_wrong_preset_names_the_right_ones():
    with pytest.raises(ConfigError, match=r"decide\.preset = 'fineweeb'.*fineweb"):
        config(decide={"preset": "fineweeb"})


@pytest.mark.parametrize(
    ("tree", "key"),
    [
        ({"output": ""}, "output"),
        ({"name": ""}, "name"),
        ({"shards": {"seed": 2**64}}, "shards.seed"),
        ({"shards": {"loss_weights": {"webb": 2.0}}}, "shards.loss_weights.webb"),
        ({"shards": {"loss_weights": {"web": -2.0}}}, "shards.loss_weights.web"),
        ({"decide": {"languages": ["xx"]}}, "decide.languages"),
        ({"decide": {"languages": ["English"]}}, "decide.languages"),
        ({"decide": {"at_least": {"num_words": float("nan")}}}, "decide.at_least.num_words = nan"),
        ({"decide": {"max_mean_word_length": float("inf")}}, "decide.max_mean_word_length = inf"),
        ({"decide": {"min_words": 10**400}}, "decide.min_words"),
        ({"contamination": {"min_words_left": 2**63}}, "contamination.min_words_left"),
        ({"tokenizer": {"end_of_text": ""}}, "tokenizer.end_of_text"),
        ({"spark": {"master": "bogus"}}, "spark.master = 'bogus'"),
        ({"spark": {"driver_memory": "abc"}}, "spark.driver_memory = 'abc'"),
        ({"sources": {"rules": [{"match": "*", "fromat": "warc"}]}}, "allowed here: match, format"),
    ],
)
def test_values_that_would_fail_later_are_refused_now(tree, key):
    with pytest.raises(ConfigError, match=re.escape(key)):
        config(**tree)


@pytest.mark.parametrize("master", ["local", "local[*]", "local[2,3]", "spark://h:1", "yarn"])
def test_every_kind_of_master_may_be_named(master):
    assert config(spark={"master": master}).spark.master == master


def test_an_output_is_where_it_is_for_every_process(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert config(output="corpus").output == str(tmp_path / "corpus")
    assert config(output="s3://bucket/corpus").output == "s3://bucket/corpus"


def test_a_folder_may_be_named_like_a_date(tmp_path):
    loaded = load_config(CorpusConfig, None, ["input=a", f"output={tmp_path}", "name=2026-11-25"])
    assert loaded.name == "2026-11-25"


def test_limits_of_another_system_want_its_numbers():
    # What is wrong of the whole is said without showing the whole.
    said = r"^test: decide\.preset = .* set measure\.variant = 'datatrove', too$"
    with pytest.raises(ConfigError, match=said):
        config(decide={"preset": "datatrove"})
    assert config(decide={"preset": "datatrove"}, measure={"variant": "datatrove"})
    assert config(measure={"variant": "datatrove"})
