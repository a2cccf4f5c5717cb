"""The standard library's own documentation as articles: English prose that every Python has.

Docstrings are read from source with ``ast`` (nothing is imported and run), those of the built-in
modules with ``inspect``, and the language reference from ``pydoc``'s topics.
"""

import ast
import importlib.util
import inspect
import pydoc_data.topics
import re
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_SKIPPED_PARTS = frozenset(
    {"site-packages", "dist-packages", "test", "tests", "turtledemo"}
    | {"ensurepip", "encodings", "pydoc_data", "__pycache__"}
)
# Written in C, so their docstrings are in no source file.
_COMPILED = tuple(
    name
    for name in sorted(
        {*sys.builtin_module_names, "_datetime", "_decimal", "_socket", "_sqlite3", "_ssl"}
        | {"array", "binascii", "math", "mmap", "select", "unicodedata", "zlib"}
    )
    if importlib.util.find_spec(name) is not None
)
_LEAST_CHARACTERS = 400
_MOST_CHARACTERS = 9_000
_BEGINNING = 5  # words
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_ROLE = re.compile(r":[a-z:]+:`~?([^`]+)`")
_BULLET = re.compile(r"^(?:[-*•+]|\d+[.)])\s+")
_CODE = re.compile(r"^\s*(?:>>>|\.\.\.|\$ |% |from \S+ import |import |def |class |@)")
_UNWANTED = re.compile(r"[{}|<>\\]| = |::|==|---|\*\*|http|copyright|warrant|licen[sc]e", re.I)
_COMMENT = re.compile(r"(?:^[ \t]*# .*\n|^[ \t]*#\n){2,}", re.M)
_COMMENT_MARK = re.compile(r"^[ \t]*# ?", re.M)


@dataclass(frozen=True, slots=True)
class Article:
    """A titled text in paragraphs."""

    name: str
    """Unique among the articles: dotted name of what is described."""
    title: str
    paragraphs: tuple[str, ...]

    def text(self) -> str:
        """The paragraphs with blank lines between them."""
        return "\n\n".join(self.paragraphs)


def paragraphs_of(documentation: str) -> list[str]:
    """The paragraphs of prose in a docstring: no code, tables, headings or signatures.

    >>> paragraphs_of('''
    ... Return a copy of the list, without
    ... its empty members.
    ...
    ...     >>> strip([0])
    ... ''')
    ['Return a copy of the list, without its empty members.']
    """
    found = []
    for block in _BLANK_LINE.split(inspect.cleandoc(documentation)):
        lines = block.strip("\n").split("\n")
        if any(_CODE.match(line) for line in lines):
            continue
        text = " ".join(line.strip() for line in lines)
        text = _ROLE.sub(r"\1", _BULLET.sub("", text)).replace("``", "").replace("`", "")
        text = re.sub(r"\s+", " ", text).strip()
        if text and (text[-1].isalnum() or text[-1] == ")"):
            text += "."  # one-line docstrings are often without
        if is_prose(text):
            found.append(text[0].upper() + text[1:])
    return found


def is_prose(text: str) -> bool:
    """Whether a paragraph reads as sentences.

    >>> is_prose("Read all bytes of the file and close it afterwards.")
    True
    >>> is_prose("x = read(file)[0]; y = close(file)[1]; z(x, y) or fail().")
    False
    """
    letters = sum(map(str.isalpha, text)) + text.count(" ")
    return (
        len(text) >= 32
        and text[0].isalpha()
        and text[-1] in ".!?"
        and text.count(" ") >= 5
        and letters >= 0.79 * len(text)
        and not _UNWANTED.search(text)
    )


def without_repeats(paragraphs: Iterable[str]) -> list[str]:
    """The paragraphs without those that begin like an earlier one: docstrings of sister methods
    say the same thing again.

    >>> without_repeats(["Return the name of the file as text.", "Return the name of the file."])
    ['Return the name of the file as text.']
    """
    by_beginning: dict[tuple[str, ...], str] = {}
    for paragraph in paragraphs:
        by_beginning.setdefault(tuple(paragraph.split()[:_BEGINNING]), paragraph)
    return list(by_beginning.values())


@cache
def library_articles() -> tuple[Article, ...]:
    """Articles about the modules and classes of the standard library and about the comments in
    their source, by name; the same for the same Python."""
    folder = Path(sysconfig.get_path("stdlib"))
    articles: dict[str, Article] = {}
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        if not _SKIPPED_PARTS.isdisjoint(parts):
            continue
        source = path.read_bytes()
        name = ".".join(part for part in parts if part != "__init__")
        for article in _from_sections(name, _sections(ast.parse(source))):
            articles.setdefault(article.name, article)
        for article in _from_comments(name, source.decode("utf-8", "replace")):
            articles.setdefault(article.name, article)
    for name in _COMPILED:
        for article in _from_sections(name, _built_in_sections(name)):
            articles.setdefault(article.name, article)
    return tuple(articles[name] for name in sorted(articles))


def language_topics() -> list[Article]:
    """The topics of ``help()``: chapters of the language reference, by name."""
    found = []
    seen: set[str] = set()  # a topic may contain others whole
    for name, text in sorted(pydoc_data.topics.topics.items()):
        paragraphs = tuple(part for part in paragraphs_of(text) if part not in seen)
        seen.update(paragraphs)
        if paragraphs:
            found.append(Article(name, text.lstrip().split("\n", 1)[0].strip('"* '), paragraphs))
    return found


_Section = tuple[str, list[str]]
"""Name of a class, or "" for the module itself, and the paragraphs about it."""


def _sections(tree: ast.Module) -> Iterator[_Section]:
    own = paragraphs_of(ast.get_docstring(tree) or "")
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            paragraphs = paragraphs_of(ast.get_docstring(node) or "")
            for member in node.body:
                if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef):
                    paragraphs += paragraphs_of(ast.get_docstring(member) or "")
            yield node.name, paragraphs
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            own += paragraphs_of(ast.get_docstring(node) or "")
    yield "", own


def _built_in_sections(name: str) -> Iterator[_Section]:
    module = importlib.import_module(name)
    own = paragraphs_of(module.__doc__ or "")
    for member_name, member in sorted(vars(module).items()):
        documentation = getattr(member, "__doc__", None)
        if not isinstance(documentation, str) or not callable(member):
            continue
        if inspect.isclass(member):
            paragraphs = paragraphs_of(documentation)
            for _, method in sorted(vars(member).items()):
                text = getattr(method, "__doc__", None)
                if callable(method) and isinstance(text, str):
                    paragraphs += paragraphs_of(text)
            yield member_name, paragraphs
        else:
            own += paragraphs_of(documentation)
    yield "", own


def _from_sections(module: str, sections: Iterator[_Section]) -> Iterator[Article]:
    """An article per class that has enough to say; all else goes into the module's."""
    rest: list[str] = []
    for name, paragraphs in sections:
        paragraphs = without_repeats(paragraphs)
        if name and sum(map(len, paragraphs)) >= _LEAST_CHARACTERS:
            yield from _split(f"{module}.{name}", f"The class {name} of {module}", paragraphs)
        elif name:
            rest += paragraphs
        else:
            rest = paragraphs + rest
    rest = without_repeats(rest)
    if sum(map(len, rest)) >= _LEAST_CHARACTERS:
        yield from _split(module, f"The module {module}", rest)


def _from_comments(module: str, source: str) -> Iterator[Article]:
    """What the authors of a module explain to each other."""
    paragraphs: list[str] = []
    for block in _COMMENT.findall(source):
        paragraphs += paragraphs_of(_COMMENT_MARK.sub("", block))
    paragraphs = without_repeats(paragraphs)
    if sum(map(len, paragraphs)) >= _LEAST_CHARACTERS:
        yield from _split(f"{module}.notes", f"Notes on the source of {module}", paragraphs)


def _split(name: str, title: str, paragraphs: list[str]) -> Iterator[Article]:
    """Articles of bounded length."""
    part: list[str] = []
    number = 1
    for paragraph in paragraphs:
        if part and sum(map(len, part)) + len(paragraph) > _MOST_CHARACTERS:
            yield _part(name, title, number, part)
            number, part = number + 1, []
        part.append(paragraph)
    if number == 1 or sum(map(len, part)) >= _LEAST_CHARACTERS:
        yield _part(name, title, number, part)


def _part(name: str, title: str, number: int, paragraphs: list[str]) -> Article:
    if number > 1:
        name, title = f"{name}.part{number}", f"{title}, part {number}"
    return Article(name, title, tuple(paragraphs))
