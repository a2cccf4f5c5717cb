from enum import StrEnum
from typing import Literal

from pydantic import Field

from schemas.config import Section
from schemas.config_help import describe_keys


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Limits(Section):
    least: int | None = None
    """Fewest ``words``. A second sentence."""
    most: float = 1.5


class Rule(Section):
    match: str
    """Which files."""
    colour: Colour | None = None


class Decide(Limits):
    name: Literal["a", "b"] = "a"
    web: Limits = Limits()
    """Of web pages."""


class Settings(Section):
    input: str = Field(min_length=1)
    """Folder of dumps."""
    weights: dict[str, float] = Field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    decide: Decide = Decide()


def test_every_key_stands_there_with_its_default_and_its_meaning():
    assert describe_keys(Settings).splitlines() == [
        "  input (required)",
        "      Folder of dumps",
        "  weights = {}",
        "  rules = []",
        "    [[rules]]",
        "      match (required)",
        "          Which files",
        "      colour (unset)",
        "          one of red, blue",
        "  decide.least (unset)",
        "      Fewest words",
        "  decide.most = 1.5",
        '  decide.name = "a"',
        "      one of a, b",
        "  decide.web.least to decide.web.most (as above)",
        "      Of web pages",
    ]


def test_a_section_that_must_be_given_is_shown_by_its_keys():
    class Start(Section):
        least: int

    class Holder(Section):
        data: Rule
        """Which shards."""
        start: Start | None = None
        """Where from."""

    assert describe_keys(Holder).splitlines() == [
        "  data.match (required)",
        "      Which files",
        "  data.colour (unset)",
        "      one of red, blue",
        "  start (unset)",
        "      Where from",
        "  start.least (required in [start])",
    ]


def test_long_notes_are_wrapped():
    class Wordy(Section):
        key: int = 0

    Wordy.model_fields["key"].description = "word " * 60
    lines = describe_keys(Wordy).splitlines()
    assert lines[0] == "  key = 0" and len(lines) == 5
    assert max(map(len, lines)) <= 96 and " ".join(lines[1:]).split() == ["word"] * 60
