"""A mistake in the configuration is told in one line that names the key."""

from typing import ClassVar

import pytest
from pydantic import Field, model_validator

from schemas.config import Section, build_config, load_config, parse_override
from schemas.errors import ConfigError


class Dedup(Section):
    threshold: float = Field(default=0.8, ge=0.0, le=1.0)
    weights: dict[str, float] = Field(default_factory=dict)
    names: tuple[str, ...] = ()
    word: str = Field(default="b", pattern="^b$")


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
        ({"input": "x"}, ["dedup"], ["--set dedup: expected key=value, such as dedup=1"]),
        ({"input": "x"}, ["input.path=1"], ["input is a value"]),
        ({"input": "x", "nope": 1}, [], ["corpus.toml: unknown key nope", "input, dedup"]),
        ({"input": "x", "dedpu": {}}, [], ["unknown key dedpu; did you mean dedup? allowed"]),
        (
            {"input": "x"},
            ["dedpu.threshold=1"],
            ["--set dedpu.threshold=1: unknown key dedpu; did"],
        ),
        ({"input": "x"}, ["dedup.threshold=abc"], ["--set dedup.threshold=abc: dedup.thr"]),
        ({"input": 3}, ["input=4"], ["--set input=4: input = 4: must be"]),
        ({"input": 3}, ["dedup.threshold=0.5"], ["corpus.toml: input = 3"]),
        ({"input": "x", "dedup": {"names": "a"}}, [], ["dedup.names = 'a': must be a list"]),
        ({"input": "x", "dedup": [1]}, [], ["dedup = [1]: must be a section of keys"]),
        ({"input": "x", "dedup": {"word": "a"}}, [], ["dedup.word = 'a': must be of the form ^b$"]),
        ({"input": "x"}, ["input=y", "input.path=1"], ["--set input.path=1: input is a value"]),
    ],
)
def test_a_mistake_names_key_value_and_what_is_allowed(tree, overrides, words):
    with pytest.raises(ConfigError) as caught:
        build(tree, *overrides)
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message


def test_of_a_section_that_does_not_fit_the_values_are_not_repeated():
    class Pair(Section):
        least: int = 0
        most: int = 1

        @model_validator(mode="after")
        def _ordered(self):
            if self.least > self.most:
                raise ValueError("least must not be above most")
            return self

    class Whole(Section):
        pair: Pair = Pair()

    with pytest.raises(ConfigError, match=r"^f: pair: least must not be above most$"):
        build_config(Whole, {"pair": {"least": 2}}, where="f")
    with pytest.raises(ConfigError, match=r"^--set pair\.least=3: pair: least must not be above"):
        build_config(Whole, {}, where="f", overrides=["pair.least=3"])
    with pytest.raises(ConfigError, match=r"^f with --set pair\.least=3: pair: least must"):
        build_config(Whole, {"pair": {"most": 2}}, where="f", overrides=["pair.least=3"])


def test_a_key_that_stands_for_others_wins_over_those_of_the_file_where_it_is_set():
    class Shape(Section):
        stands_for: ClassVar = {"preset": ("width",)}
        preset: str | None = None
        width: int = 1
        depth: int = 1

    class Whole(Section):
        shape: Shape = Shape()

    def shape(*overrides, **values):
        return build_config(Whole, {"shape": values}, where="f", overrides=overrides).shape

    assert shape("shape.preset=big", width=5, depth=6) == Shape(preset="big", depth=6)
    assert shape("shape.width=7", "shape.preset=big", width=5) == Shape(preset="big", width=7)
    assert shape("shape.depth=2", preset="big", width=5) == Shape(preset="big", width=5, depth=2)


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
