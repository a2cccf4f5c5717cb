"""The documents of the demo whose fate is known beforehand."""

from functools import cache

from pydantic import Field

from pipeline.demo.items import Item, own_texts, read_toml, split_paragraphs
from pipeline.demo.social import post_id
from schemas.config import Section

GROUP = "one of "


class Planted(Section):
    """A planted document; what the fields mean stands at the top of ``planted.toml``."""

    name: str
    kind: str
    file: str
    expected: str
    rules: list[str] = Field(default_factory=list)
    text: str | None = None
    body: str = ""
    title: str = ""
    language: str = "en"
    replacements: dict[str, str] = Field(default_factory=dict)
    repeat: int = 1
    form: str = "article"
    encoding: str = "utf-8"
    whole_file: bool = False
    """The file is one record."""
    last_of_file: bool = False
    """It is the last record of its file and has no key, since it cannot be read."""

    @property
    def group(self) -> str | None:
        """Group of which exactly one document stays, if it is in one."""
        return self.expected.removeprefix(GROUP) if self.expected.startswith(GROUP) else None

    @property
    def key(self) -> str:
        """What the ``source_key`` of its record contains."""
        return post_id(self.name) if self.file.startswith("social/") else self.name

    def item(self) -> Item:
        """The document itself.

        Raises:
            KeyError: it takes a text that does not exist.
            ValueError: a replacement does not occur in the text.
        """
        origin = own_texts()[self.text] if self.text is not None else None
        paragraphs = origin.paragraphs if origin else split_paragraphs(self.body) * self.repeat
        body = "\n\n".join(paragraphs)
        for before, after in self.replacements.items():
            if before not in body:
                raise ValueError(f"planted.toml: {self.name}: {before!r} is not in {self.text}")
            body = body.replace(before, after)
        return Item(
            name=self.name,
            language=origin.language if origin else self.language,
            title=self.title or (origin.title if origin else self.name),
            paragraphs=split_paragraphs(body),
            form=self.form,
            encoding=self.encoding,
        )


@cache
def planted_documents() -> tuple[Planted, ...]:
    """All of them, in the order of ``planted.toml``."""
    return tuple(Planted.model_validate(entry) for entry in read_toml("planted.toml")["planted"])
