"""What shapes a corpus, and what does not."""

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
