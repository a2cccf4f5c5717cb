"""A mistake in the configuration is told in one line that names the key."""

import pytest
from pydantic import Field

from schemas.config import Section, build_config, load_config, parse_override
from schemas.errors import ConfigError


class Dedup(Section):
    threshold: float = Field(default=0.8, ge=0.0, le=1.0)
    weights: dict[str, float] = Field(default_factory=dict)
    names: tuple[str, ...] = ()


class Root(Section):
    input: str
    dedup: Dedup = Dedup()


def build(tree, *overrides):
    return build_config(Root, tree, where="corpus.toml", overrides=overrides)


def test_values_and_overrides_are_merged():
    config = build({"input": "in", "dedup": {"threshold": 0.7}}, "dedup.threshold=0.9")
    assert config.dedup.threshold == 0.9


def test_an_override_makes_its_section():
    assert build({"input": "in"}, "dedup.weights.web=2").dedup.weights == {"web": 2.0}


def test_arrays_become_tuples():
    assert build({"input": "in", "dedup": {"names": ["a", "b"]}}).dedup.names == ("a", "b")


@pytest.mark.parametrize(
    ("tree", "overrides", "words"),
    [
        ({"input": "x", "dedup": {"treshold": 1}}, [], ["dedup.treshold", "threshold, weights"]),
        ({"input": "x", "dedup": {"threshold": 1.5}}, [], ["dedup.threshold = 1.5", "less than"]),
        ({"input": "x", "dedup": {"threshold": "0.5"}}, [], ["dedup.threshold = '0.5'", "number"]),
        ({}, [], ["missing key input"]),
        ({"input": "x"}, ["dedup"], ["--set dedup", "key=value"]),
        ({"input": "x"}, ["input.path=1"], ["input is a value"]),
        ({"input": "x", "nope": 1}, [], ["unknown key nope", "input, dedup"]),
    ],
)
def test_a_mistake_names_key_value_and_what_is_allowed(tree, overrides, words):
    with pytest.raises(ConfigError) as caught:
        build(tree, *overrides)
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message


def test_a_configuration_is_immutable():
    with pytest.raises(ValueError, match="frozen"):
        build({"input": "x"}).input = "y"


def test_missing_and_malformed_files_are_named(tmp_path):
    with pytest.raises(ConfigError, match="no such configuration file"):
        load_config(Root, str(tmp_path / "absent.toml"))
    broken = tmp_path / "broken.toml"
    broken.write_text("input = [")
    with pytest.raises(ConfigError, match=r"broken\.toml: cannot be read as TOML"):
        load_config(Root, str(broken))


def test_override_values_are_toml_or_plain_text():
    assert parse_override("a.b=[1, 2]") == (["a", "b"], [1, 2])
    assert parse_override("a=s3://bucket/x") == (["a"], "s3://bucket/x")
    assert parse_override("a=b=c") == (["a"], "b=c")


def test_every_wrong_key_is_named_at_once():
    class Part(Section):
        number: int = 0

    class Whole(Section):
        one: Part = Part()
        other: Part = Part()

    tree = {"one": {"number": "x"}, "other": {"number": "y", "extra": 1}}
    with pytest.raises(
        ConfigError, match=r"one\.number = 'x': .*; also wrong: other\.number, other\.extra$"
    ):
        build_config(Whole, tree, where="file")
