"""Pages with what a person (gold) or a library (silver) took for their main text.

The sets lie in one folder: ``scrapinghub``, ``trafilatura``, ``readability``, ``newspaper``,
``newspaper4k``, ``gne_zh`` and ``webmainbench``. Training and the benchmark read them here.
"""

import ast
import gzip
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

SETS = (
    "scrapinghub",
    "trafilatura",
    "readability",
    "newspaper",
    "newspaper4k",
    "gne_zh",
    "webmainbench",
)
# Marks of the annotation tool: they tell the gold.
_ANNOTATION = re.compile(rb"\s(?:cc-select|data-anno-uid|cc-[\w-]+)=(?:\"[^\"]*\"|'[^']*'|[^\s>]*)")


@dataclass(frozen=True, slots=True)
class GoldPage:
    """One page of a set."""

    set_name: str
    page_id: str
    site: str
    """Host without ``www``; the page's own id where the set does not tell the host."""
    html: bytes
    text: str | None
    """Whole main text; ``None`` where only segments are known."""
    present: tuple[str, ...] = ()
    """Segments that the main text holds."""
    absent: tuple[str, ...] = ()
    """Segments that it does not hold."""

    @property
    def half(self) -> int:
        """0 or 1 by a hash of the id: what is tuned on one is judged on the other."""
        return hashlib.sha1(self.page_id.encode()).digest()[-1] % 2

    def fold(self, folds: int) -> int:
        """One of so many folds: all pages of a site are in the same."""
        return int.from_bytes(hashlib.sha1(self.site.encode()).digest()[:4], "big") % folds


def read_pages(folder: Path, set_name: str) -> list[GoldPage]:
    """All pages of a set.

    Raises:
        FileNotFoundError: the folder lacks the set.
    """
    return list(_READERS[set_name](folder / set_name, set_name))


def _segments(folder: Path, name: str) -> Iterator[GoldPage]:
    for row in _rows(folder / "gold.jsonl.gz"):
        html = gzip.decompress((folder / row["html"]).read_bytes())
        present, absent = tuple(row["with"]), tuple(row["without"])
        yield GoldPage(name, row["url"], _site(row["url"]), html, None, present, absent)


def _articles(folder: Path, name: str) -> Iterator[GoldPage]:
    for row in _rows(folder / "gold.jsonl.gz"):
        html = gzip.decompress((folder / row["html"]).read_bytes())
        site = _site(row["url"]) if "url" in row else row["id"].rstrip("0123456789")
        yield GoldPage(name, row["id"], site, html, row.get("articleBody", row.get("text", "")))


def _chinese(folder: Path, name: str) -> Iterator[GoldPage]:
    for row in _rows(folder / "silver.jsonl.gz"):
        silver = row["silver"]
        if isinstance(silver, str):
            silver = ast.literal_eval(silver)
        text = silver.get("content") if silver else None
        html = gzip.decompress((folder / row["html"]).read_bytes())
        yield GoldPage(name, row["id"], row["id"].split("/")[-2], html, text)


def _reader_mode(folder: Path, name: str) -> Iterator[GoldPage]:
    for row in _rows(folder / "index.jsonl.gz"):
        html = gzip.decompress((folder / row["source"]).read_bytes())
        expected = gzip.decompress((folder / row["expected"]).read_bytes())
        # Laid out by lxml and not by our own reader, which is what is judged.
        yield GoldPage(name, row["id"], row["id"], html, _all_text(expected))


def _annotated(folder: Path, name: str) -> Iterator[GoldPage]:
    for row in _rows(folder / "samples.jsonl.gz"):
        html = _ANNOTATION.sub(b"", row["html"].encode())
        yield GoldPage(name, row["track_id"], _site(row["url"]), html, row["groundtruth_content"])


_READERS = {
    "scrapinghub": _articles,
    "trafilatura": _segments,
    "readability": _reader_mode,
    "newspaper": _articles,
    "newspaper4k": _articles,
    "gne_zh": _chinese,
    "webmainbench": _annotated,
}


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _site(url: str) -> str:
    return (urlsplit(url).hostname or url).removeprefix("www.")


def _all_text(html: bytes) -> str:
    import lxml.html

    tree = lxml.html.fromstring(html.decode("utf-8", "replace") or "<p></p>")
    for element in tree.iter("script", "style"):
        element.text = None
    return "\n".join(piece for piece in tree.itertext() if piece.strip())
