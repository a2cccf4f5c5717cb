"""Which column of a table of documents holds what, by the names that published sets use."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

CANDIDATES: dict[str, tuple[str, ...]] = {
    "text": (
        "text", "content", "body", "article", "maintext", "raw_content", "articleBody",
        "article_body", "full_text", "fulltext", "document", "story", "markdown", "main_text",
        "plain_text", "post", "selftext", "contents", "passage",
    ),
    "title": ("title", "headline", "subject", "name"),
    "author": ("author", "authors", "byline", "creator", "by"),
    "published": (
        "date_publish", "published", "date_published", "datePublished", "publish_date",
        "publish_time", "published_at", "publishedAt", "pubDate", "date", "created_utc",
        "created_at", "created", "timestamp", "time",
    ),
    "url": ("url", "link", "source_url", "uri", "permalink", "canonical_link"),
    "language": ("language", "lang", "language_code"),
    "licence": ("licence", "license"),
    "key": ("id", "doc_id", "docid", "uuid", "guid", "warc_record_id"),
}  # fmt: skip
"""What a column holds -> names for it, the likeliest first."""
_INSIDE = {"url": ("metadata.url", "meta.url")}
"""Names inside objects of a record (Dolma writes the first); they come last."""

# A set of nothing but headlines is a set of (short) texts; beside other columns they are titles.
_LAST_RESORT = ("title", "headline")
_BESIDE_HEADLINES = frozenset(
    {"category", "class", "label", "topic", "section", "source", "publisher"}
).union(*(CANDIDATES[role] for role in ("published", "url", "language", "key")))


_DEEPEST = 4
_MOST_SHAPES = 1024
_MOST_KEYS = 64
_LONGEST_KEYS = 4096
"""Of a shape that is remembered, all keys together: what keys hold comes from the file."""
_FIRST, _SECOND = " (1)", " (2)"


def namesakes(name: str, names: Collection[str]) -> bool:
    """Whether a column is the first of several of one name.

    >>> namesakes("text (1)", ["text (1)", "text (2)"]), namesakes("text", ["text"])
    (True, False)
    """
    return name.endswith(_FIRST) and name.removesuffix(_FIRST) + _SECOND in names


def nested_names(value: Mapping[str, Any], depth: int = 1) -> Iterator[str]:
    """Names of what lies in objects inside an object, with points between their parts.

    >>> list(nested_names({"text": "", "meta": {"url": "", "by": {"name": ""}}}))
    ['meta.url', 'meta.by', 'meta.by.name']
    """
    for name, inner in value.items():
        if isinstance(inner, Mapping) and depth < _DEEPEST:
            for key in inner:
                yield f"{name}.{key}"
            for path in nested_names(inner, depth + 1):
                yield f"{name}.{path}"


def value_of(value: Mapping[str, Any], name: str) -> Any:
    """What an object holds under a name; a name with points leads into objects inside it.

    >>> value_of({"meta": {"url": "u"}}, "meta.url"), value_of({"meta.url": "v"}, "meta.url")
    ('u', 'v')
    """
    if name in value:
        return value[name]
    first, point, rest = name.partition(".")
    inner = value.get(first)
    return value_of(inner, rest) if point and isinstance(inner, Mapping) else None


def map_columns(names: Collection[str], given: Mapping[str, str]) -> dict[str, str] | None:
    """Choose the column for each role among ``names``; ``given`` comes first. Of columns of one
    name the first, ``title (1)``, is taken.

    Names are compared without regard to case. ``None`` when there is no column of texts.

    >>> map_columns(["Id", "headline", "articleBody", "score"], {})
    {'text': 'articleBody', 'title': 'headline', 'key': 'Id'}
    >>> map_columns(["question", "answer"], {}) is None
    True
    >>> map_columns(["question", "answer"], {"text": "answer"})
    {'text': 'answer'}
    """
    by_folded = _by_folded(names)
    mapping = {}
    for role, candidates in CANDIDATES.items():
        if role in given:
            mapping[role] = given[role]
            continue
        if role == "text" and set(by_folded) <= _BESIDE_HEADLINES | set(_LAST_RESORT):
            candidates = (*candidates, *_LAST_RESORT)
        taken = set(mapping.values())
        for candidate in candidates:
            found = by_folded.get(candidate.casefold())
            if found is not None and found not in taken:
                mapping[role] = found
                break
    if mapping.get("text") is None:
        return None
    return mapping


class RecordColumns:
    """The columns of records that need not have the same: of each, those that it has itself.

    What is ``given`` is taken from the column of that name and from no other. All else but the
    text is what a record holds under the known names, the likeliest that is not null.
    """

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given
        self._by_shape: dict[tuple[str, ...], list[tuple[str, tuple[str, ...]]]] = {}

    def values(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """What a record holds, by role; what it lacks is left out.

        >>> RecordColumns({"text": "text"}).values({"text": "a", "URL": None, "link": "l"})
        {'text': 'a', 'url': 'l'}
        """
        shape = tuple(record)
        found = self._by_shape.get(shape)
        if found is None:
            found = self._names(record)
            self._remember(shape, found)
        values = {}
        for role, names in found:
            for name in names:
                value = record[name] if name in record else value_of(record, name)
                if value is not None:
                    values[role] = value
                    break
        return values

    def _remember(self, shape: tuple[str, ...], found: list[tuple[str, tuple[str, ...]]]) -> None:
        if len(shape) > _MOST_KEYS or sum(map(len, shape)) > _LONGEST_KEYS:
            return
        if len(self._by_shape) >= _MOST_SHAPES:
            self._by_shape.clear()
        self._by_shape[shape] = found

    def _names(self, record: Mapping[str, Any]) -> list[tuple[str, tuple[str, ...]]]:
        """Names to try for each role, the likeliest first; they depend on the keys alone."""
        by_folded = _by_folded(record)
        found = []
        taken: set[str] = set()
        for role, candidates in CANDIDATES.items():
            names: tuple[str, ...] = ()
            if role in self._given:
                names = (self._given[role],)
                taken.update(names)
            elif role != "text":
                known = (by_folded.get(candidate.casefold()) for candidate in candidates)
                inside = (name for name in _INSIDE.get(role, ()) if _may_have(record, name))
                present = (name for name in (*known, *inside) if name is not None)
                names = tuple(name for name in present if name not in taken)
            if names:
                found.append((role, names))
        return found


def _by_folded(names: Iterable[str]) -> dict[str, str]:
    """Names by what they are without regard to case; of columns of one name the first."""
    by_folded: dict[str, str] = {}
    for name in names:
        by_folded.setdefault(name.removesuffix(_FIRST).casefold(), name)
    return by_folded


def _may_have(record: Mapping[str, Any], name: str) -> bool:
    return name in record or name.partition(".")[0] in record
