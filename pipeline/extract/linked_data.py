"""Linked data of a page (JSON-LD of schema.org) -> what it says about the page's article."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

_DEPTH = 4
"""``@graph`` and ``mainEntity`` hold the article; deeper lie comments and other articles."""
_NODES = 200
_PAGES = frozenset({"webpage", "itempage", "aboutpage", "creativework", "qapage", "faqpage"})
_ARTICLES = ("article", "posting", "report", "review", "book", "recipe", "question")
_INWARD = ("@graph", "mainEntity", "mainEntityOfPage")


def article_facts(script: bytes) -> list[Mapping[str, Any]]:
    """Objects of a script that speak of the page itself, articles before pages.

    What is no JSON gives nothing, whatever it is.

    >>> article_facts(b'{"@graph": [{"@type": "WebSite", "name": "S"},'
    ...               b' {"@type": "NewsArticle", "datePublished": "2020-01-02"}]}')
    [{'@type': 'NewsArticle', 'datePublished': '2020-01-02'}]
    """
    try:
        value = json.loads(script.strip().rstrip(b";"), strict=False)
    except (ValueError, RecursionError):
        return []
    found = [node for node in _nodes(value) if _rank(node) is not None]
    return sorted(found, key=lambda node: _rank(node) or 0)


def names_of(value: Any) -> str | None:
    """Name of a person, of several, or of what a publisher put in their place.

    >>> names_of([{"@type": "Person", "name": "A. Author"}, "B. Author"])
    'A. Author, B. Author'
    """
    if isinstance(value, str):
        return " ".join(value.split()) or None
    if isinstance(value, Mapping):
        return names_of(value.get("name")) if not isinstance(value.get("name"), Mapping) else None
    if isinstance(value, list):
        flat = [names_of(part) for part in value[:20] if not isinstance(part, list)]
        return ", ".join(dict.fromkeys(name for name in flat if name)) or None
    return None


def _nodes(value: Any) -> Iterator[Mapping[str, Any]]:
    """Objects at the top and in what leads from there to the article; breadth first."""
    level = value if isinstance(value, list) else [value]
    count = 0
    for _ in range(_DEPTH):
        inner: list[Any] = []
        for node in level:
            if isinstance(node, list):
                inner += node
            if not isinstance(node, Mapping):
                continue
            count += 1
            if count > _NODES:
                return
            yield node
            inner += [node[name] for name in _INWARD if name in node]
        level = inner


def _rank(node: Mapping[str, Any]) -> int | None:
    """0 for an article, 1 for a page, ``None`` for anything else."""
    types = node.get("@type")
    names = [str(name).lower() for name in (types if isinstance(types, list) else [types])]
    if any(name.endswith(_ARTICLES) for name in names):
        return 0
    return 1 if any(name in _PAGES for name in names) else None
