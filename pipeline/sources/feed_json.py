"""JSON Feed 1.0 and 1.1: one record per item.

https://www.jsonfeed.org/version/1.1/
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin

from pipeline.extract.html import fragment_text
from pipeline.sources.jsonl import as_text
from pipeline.sources.record import Record, document_or_empty, unreadable
from pipeline.text.dates import parse_date

_ITEMS = re.compile(r'"items"\s*:\s*\[\s*')
_COMMA = re.compile(r"\s*,?\s*")
_BODIES = ("content_html", "content_text", "summary")


def read_json_feed(text: str, key: str) -> Iterator[Record]:
    """Items of a feed in its order; the offset is the position of the item.

    Where the JSON breaks, the items before it stand, and one unreadable record says where.
    """
    defect = None
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError) as error:
        defect = f"broken JSON: {error}"
        feed = {"items": _items_before_the_break(text)}
    items = feed.get("items") if isinstance(feed, dict) else None
    count = 0
    for count, item in enumerate(items if isinstance(items, list) else [], 1):
        if isinstance(item, dict):
            yield document_or_empty(_item(item, feed, count - 1))
        else:
            yield unreadable(count - 1, f"item {count} is no JSON object", key=key)
    if defect is not None:
        yield unreadable(count, defect, key=key, raw=text.encode("utf-8", "replace"))
    elif not count:
        yield Record(offset=0, key=key, raw=text.encode("utf-8", "replace"), skip_rule="empty_feed")


def _items_before_the_break(text: str) -> list[Any]:
    start = _ITEMS.search(text)
    items: list[Any] = []
    decoder = json.JSONDecoder()
    at = start.end() if start is not None else len(text)
    while at < len(text):
        try:
            item, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        items.append(item)
        comma = _COMMA.match(text, at)
        at = comma.end() if comma is not None else at
    return items


def _item(item: Mapping[str, Any], feed: Mapping[str, Any], position: int) -> Record:
    identifier = as_text(item.get("id"))
    url = as_text(item.get("url")) or as_text(item.get("external_url"))
    if url is None and identifier and identifier.startswith(("http://", "https://")):
        url = identifier
    url = absolute(url, as_text(feed.get("home_page_url")) or "")
    title = as_text(item.get("title"))
    body = next((body for name in _BODIES if (body := _body(item, name))), "")
    parts = [title] if title and not body.startswith(title) else []
    return Record(
        offset=position,
        key=identifier or url or title or "",
        raw=json.dumps(item, ensure_ascii=False).encode("utf-8", "surrogatepass"),
        url=url,
        title=title,
        author=_authors(item) or _authors(feed),
        published=parse_date(item.get("date_published")) or parse_date(item.get("date_modified")),
        language_hint=as_text(item.get("language")) or as_text(feed.get("language")),
        text="\n\n".join(filter(None, [*parts, body])),
    )


def absolute(address: str | None, base: str) -> str | None:
    """An address as it is meant on the page at ``base``.

    >>> absolute("/tea", "https://mill.example/feed"), absolute("a", "")
    ('https://mill.example/tea', 'a')
    """
    if not address or not base or "://" in address[:12]:
        return address
    try:
        return urljoin(base, address)
    except ValueError:
        return address


def _body(item: Mapping[str, Any], name: str) -> str:
    value = item.get(name)
    if not isinstance(value, str):
        return ""
    return fragment_text(value) if name == "content_html" else value.strip()


def _authors(holder: Mapping[str, Any]) -> str | None:
    """Version 1.1 has a list of authors, version 1.0 has one."""
    authors = holder.get("authors")
    found = authors if isinstance(authors, list) else [holder.get("author")]
    return as_text([author.get("name") for author in found if isinstance(author, dict)])
