"""Dumps to damage and ways to damage them."""

import bz2
import gzip
import io
import json
import lzma
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import lz4.frame
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard
from hypothesis import strategies as st

from pipeline.sources.inputs import Format
from tests.pipeline.sources.epub_writer import epub, page
from tests.pipeline.sources.seven_zip_writer import pack_7z
from tests.pipeline.sources.test_arc_framing import RECORDS
from tests.pipeline.sources.test_stackexchange import answer, post
from tests.pipeline.sources.test_stackexchange import dump as posts
from tests.pipeline.sources.test_wacz import pack
from tests.pipeline.sources.test_zstd_frame import DICTIONARY, framed, with_dictionary
from tests.pipeline.sources.warc_writer import http, members, record

TEXTS = [f"{n}: Pour hot water over the leaves, wait {n} minutes, drink slowly." for n in range(12)]


@dataclass(frozen=True)
class Sample:
    """A dump, and what a damage to it may cost."""

    format: Format
    content: bytes
    columns: Mapping[str, str] = field(default_factory=dict)
    touched: int | None = None
    """Records that a damage inside one record may cost beside it; ``None``: any number, since
    the format knows no way back, or its head tells how the rest is read."""
    beside: int | None = None
    """Texts that a damage inside the text of another one may cost; ``None``: they are not stored
    as they are."""
    kinds: tuple[str, ...] = ("flip", "cut", "insert", "duplicate")
    """Damages inside a text that ``beside`` is true of."""
    syntax: tuple[bytes, ...] = ()
    """Marks of the format itself, which a text may hold by mistake."""


def _lines(key: str, **more: str) -> bytes:
    rows = ({key: text, "id": str(n), **more} for n, text in enumerate(TEXTS))
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def _crawl() -> list[bytes]:
    return [
        record(http(f"<html><p>{text}</p></html>".encode()), url=f"https://e.org/{n}", number=n)
        for n, text in enumerate(TEXTS)
    ]


def _wiki() -> bytes:
    pages = "".join(
        f"<page><title>{n}</title><ns>0</ns><id>{n}</id><revision><id>{n}</id><text>{text}"
        "</text></revision></page>\n"
        for n, text in enumerate(TEXTS)
    )
    return f'<mediawiki xml:lang="en">{pages}</mediawiki>'.encode()


def _rss() -> bytes:
    items = "".join(f"<item><title>{n}</title><description>{text}</description></item>\n"
                    for n, text in enumerate(TEXTS))  # fmt: skip
    return f'<rss version="2.0"><channel><title>t</title>{items}</channel></rss>'.encode()


def _atom() -> bytes:
    entries = "".join(f"<entry><id>{n}</id><content>{text}</content></entry>\n"
                      for n, text in enumerate(TEXTS))  # fmt: skip
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>'.encode()


def _json_feed() -> bytes:
    items = [{"id": str(n), "content_text": text} for n, text in enumerate(TEXTS)]
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items}).encode()


def _parquet() -> bytes:
    stored = io.BytesIO()
    pq.write_table(
        pa.table({"text": TEXTS}),
        stored,
        row_group_size=4,
        compression="none",
        use_dictionary=False,
        write_page_checksum=True,
    )
    return stored.getvalue()


def _book() -> bytes:
    body = "\r\n\r\n".join(TEXTS)
    mark = "OF THE PROJECT GUTENBERG EBOOK TEA ***\r\n"
    return f"The Project Gutenberg eBook\r\n*** START {mark}{body}\r\n*** END {mark}".encode()


def _epub() -> bytes:
    return epub({f"{n}.xhtml": page(f"<p>{text}</p>") for n, text in enumerate(TEXTS)})


_JSONL = _lines("text")
_TEXT = {"text": "text"}
_WET = [
    record(text.encode(), "conversion", f"https://e.org/{n}", n) for n, text in enumerate(TEXTS)
]
_POSTS = posts(
    *(post(2 * n + 1, text) for n, text in enumerate(TEXTS[:-1])), answer(2, TEXTS[-1], 1)
)
BUILT = {
    "jsonl": Sample(
        Format.JSONL, _JSONL, _TEXT, touched=1, beside=0, syntax=(b'"', b'"}\n', b"\\")
    ),
    "jsonl.gz": Sample(Format.JSONL, gzip.compress(_JSONL), _TEXT),
    "jsonl.bz2": Sample(Format.JSONL, bz2.compress(_JSONL), _TEXT),
    "jsonl.xz": Sample(Format.JSONL, lzma.compress(_JSONL), _TEXT),
    "jsonl.zst": Sample(Format.JSONL, zstandard.compress(_JSONL), _TEXT),
    "jsonl.lz4": Sample(Format.JSONL, lz4.frame.compress(_JSONL), _TEXT),
    "jsonl.7z": Sample(Format.JSONL, pack_7z(("a.jsonl", _JSONL)), _TEXT),
    "json array": Sample(Format.JSONL, b"[" + _JSONL.strip().replace(b"\n", b",\n") + b"]", _TEXT),
    "json records": Sample(Format.JSONL, b"\x1e" + _JSONL.strip().replace(b"\n", b"\n\x1e"), _TEXT),
    "jsonl in utf-16": Sample(Format.JSONL, _JSONL.decode().encode("utf-16"), _TEXT),
    "reddit": Sample(Format.REDDIT, _lines("body", subreddit="tea"), touched=1, beside=0),
    "warc": Sample(Format.WARC, b"".join(_crawl()), touched=2, beside=1),
    "warc.gz": Sample(Format.WARC, members(_crawl()), touched=2),
    "warc.zst": Sample(
        Format.WARC,
        framed(DICTIONARY.as_bytes()) + b"".join(with_dictionary([each]) for each in _crawl()),
    ),
    "wet": Sample(Format.WET, b"".join(_WET), touched=2, beside=1),
    "arc": Sample(Format.WARC, b"".join(RECORDS)),
    "wacz": Sample(Format.WARC, pack({"archive/a.warc.gz": members(_crawl())})),
    "mediawiki": Sample(
        Format.MEDIAWIKI, _wiki(), beside=0, syntax=(b"<page>", b"</page>", b"<text>", b"</text>")
    ),
    "mediawiki.bz2": Sample(Format.MEDIAWIKI, bz2.compress(_wiki())),
    "mediawiki.7z": Sample(Format.MEDIAWIKI, pack_7z(("a.xml", _wiki()))),
    "rss": Sample(
        Format.FEED, _rss(), beside=0, syntax=(b"<b>", b"</item>", b"</channel>", b"<![CDATA[")
    ),
    "atom": Sample(
        Format.FEED, _atom(), beside=0, syntax=(b"<b>", b"</entry>", b"</feed>", b"<![CDATA[")
    ),
    "json feed": Sample(Format.FEED, _json_feed()),
    "stackexchange": Sample(
        Format.STACKEXCHANGE, _POSTS, beside=1, syntax=(b'"', b'" />', b"<row", b"</posts>")
    ),
    "epub": Sample(Format.EPUB, _epub()),
    "gutenberg": Sample(Format.GUTENBERG, _book()),
    "plain text": Sample(Format.PLAIN_TEXT, "\n".join(TEXTS).encode()),
    "csv": Sample(
        Format.CSV,
        b"id,text\n" + b"".join(b'%d,"%b"\n' % (n, text.encode()) for n, text in enumerate(TEXTS)),
        _TEXT,
        beside=0,
        syntax=(b'"', b',"', b'",', b'"\n', b'"\n"'),
    ),
    "parquet": Sample(Format.PARQUET, _parquet(), _TEXT, beside=3, kinds=("flip",)),
}

REAL = (
    "warc/*/*", "mediawiki/*.xml", "social/*", "books/txt/*", "books/epub/*", "news/*",
    "news/feeds/*/*", "neardup/*", "neardup/*/*",
)  # fmt: skip
"""Globs below the shared data that reach a file of every format."""


def real_files(folder: Path, max_bytes: int) -> list[Path]:
    """Small real files, in a fixed order."""
    found = {path for pattern in REAL for path in folder.glob(pattern) if path.is_file()}
    return sorted(path for path in found if 0 < path.stat().st_size <= max_bytes)


@dataclass(frozen=True)
class Damage:
    """One change of a file; places are shares of its length."""

    kind: str
    at: float
    length: int
    filling: bytes

    def place(self, size: int) -> int:
        """First byte that may differ."""
        return min(size, int(self.at * size))

    def __call__(self, content: bytes) -> bytes:
        """The content with the change."""
        at = self.place(len(content))
        end = at + self.length
        before, hit, after = content[:at], content[at:end], content[end:]
        match self.kind:
            case "flip":
                return before + bytes(byte ^ (self.filling[0] | 1) for byte in hit) + after
            case "cut":
                return before + after
            case "insert":
                return before + self.filling + hit + after
            case "duplicate":
                return before + hit * 2 + after
            case _:
                return before


TOKENS = (
    b"\0", b"\n", b'"', b"<", b"]]>", b"&", b"\xff\xfe", b"\xef\xbb\xbf", b"WARC/1.0\r\n",
    b"\x1f\x8b\x08\0", b"\x28\xb5\x2f\xfd", b"\x50\x2a\x4d\x18\xff\xff\xff\x7f", b"BZh9", b"PK\3\4",
    b"Content-Length: 99999999999999999999\r\n", b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"{" * 2000,
    b"[" * 2000, b"<a>" * 2000, b"-1", b"9" * 40,
)  # fmt: skip
"""What readers trip over."""


def damages(
    kinds: tuple[str, ...] = ("flip", "cut", "insert", "duplicate", "truncate"),
) -> st.SearchStrategy[Damage]:
    """Strategy for one damage."""
    return st.builds(
        Damage,
        st.sampled_from(kinds),
        st.floats(0, 1),
        st.integers(1, 300),
        st.one_of(st.sampled_from(TOKENS), st.binary(min_size=1, max_size=20)),
    )


def intrusions(sample: Sample) -> st.SearchStrategy[Damage]:
    """Strategy for one mark of the format in a text."""
    return st.builds(
        Damage, st.just("insert"), st.floats(0, 1), st.just(1), st.sampled_from(sample.syntax)
    )
