"""What the demo puts into its dumps: texts with a name, a language and a date."""

import hashlib
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from pipeline.demo.prose import Article

_FIRST_DAY = datetime(2024, 5, 1, 6, 0, tzinfo=UTC)
_MINUTES = 30 * 24 * 60


@dataclass(frozen=True, slots=True)
class Item:
    """One document to be, before it takes the form of a record."""

    name: str
    """Part of the record's key: address, id or title."""
    language: str
    title: str
    paragraphs: tuple[str, ...]
    form: str = "article"
    """What is special about the record; the writers of the formats know their forms."""
    encoding: str = "utf-8"

    @property
    def published(self) -> datetime:
        """A moment of May 2024 that depends on the name alone."""
        return _FIRST_DAY + timedelta(minutes=number_of(self.name) % _MINUTES)

    def text(self) -> str:
        """The paragraphs with blank lines between them."""
        return "\n\n".join(self.paragraphs)


def number_of(name: str) -> int:
    """A number that seems random but is the same for equal names.

    >>> number_of("ferry") == number_of("ferry") != number_of("orchard")
    True
    """
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big")


def from_article(article: Article) -> Item:
    """An article of the standard library."""
    return Item(article.name, "en", article.title, article.paragraphs)


def split_paragraphs(body: str) -> tuple[str, ...]:
    """Paragraphs of a text, which blank lines divide."""
    return tuple(part.strip() for part in body.strip().split("\n\n"))


@cache
def own_texts() -> dict[str, Item]:
    """The texts that were written for the demo, by name."""
    return {
        entry["name"]: Item(
            entry["name"], entry["language"], entry["title"], split_paragraphs(entry["body"])
        )
        for entry in read_toml("texts.toml")["text"]
    }


def read_toml(name: str) -> dict[str, Any]:
    """A file of this package."""
    return tomllib.loads((files("pipeline.demo") / name).read_text(encoding="utf-8"))
