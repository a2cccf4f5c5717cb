"""What the name of a file, and of the folders around it, promises."""

import re
from pathlib import PurePosixPath

from pipeline.sources.inputs import Format
from schemas.documents import Source

_CODEC_SUFFIXES = frozenset({".gz", ".bz2", ".zst", ".xz", ".lz4", ".7z"})
_PROMISES = {
    ".warc": Format.WARC,
    ".arc": Format.WARC,
    ".wacz": Format.WARC,
    ".wet": Format.WET,
    ".parquet": Format.PARQUET,
    ".jsonl": Format.JSONL,
    ".ndjson": Format.JSONL,
    ".rss": Format.FEED,
    ".csv": Format.CSV,
    ".tsv": Format.CSV,
    ".atom": Format.FEED,
    ".epub": Format.EPUB,
}
_TEXTS = frozenset({".txt", ".text"})
# Names that promise what we do not read: no contradiction when it is not what we read.
_OTHERS = {
    ".md": "documentation, not a dump",
    ".wat": "WAT is not supported yet",
    ".html": "a single HTML page, not a dump",
    ".htm": "a single HTML page, not a dump",
}
_PUSHSHIFT = re.compile(r"R[CS]_\d{4}-\d\d")
_WIKIMEDIA = re.compile(r"pages-(?:articles|meta)")
_POSTS = re.compile(r"(?:^|[.\-_])Posts\.xml\b")
_FOLDERS = {
    Source.NEWS: {"news", "feed", "feeds", "rss"},
    Source.BOOK: {"book", "books", "gutenberg"},
    Source.SOCIAL: {"social", "reddit", "forum", "forums"},
    Source.WIKI: {"wiki", "wikis", "wikipedia", "mediawiki"},
    Source.WEB: {"web", "crawl", "crawls", "warc", "wet", "commoncrawl"},
}


def content_suffixes(path: PurePosixPath) -> list[str]:
    """Suffixes of a name in lower case, without the one of its compression.

    >>> content_suffixes(PurePosixPath("crawl/A.WARC.gz"))
    ['.warc']
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    return suffixes[:-1] if suffixes and suffixes[-1] in _CODEC_SUFFIXES else suffixes


def names_codec(path: PurePosixPath) -> str | None:
    """Suffix of the compression that a name promises.

    >>> names_codec(PurePosixPath("a.jsonl.GZ")), names_codec(PurePosixPath("a.jsonl"))
    ('.gz', None)
    """
    suffix = path.suffix.lower()
    return suffix if suffix in _CODEC_SUFFIXES else None


def names_text(path: PurePosixPath) -> bool:
    """Whether a file of words is meant as a text: only its name can say so."""
    return bool(content_suffixes(path)) and content_suffixes(path)[-1] in _TEXTS


def names_table(path: PurePosixPath) -> bool:
    """Whether a file of words is meant as a delimited table."""
    return bool(content_suffixes(path)) and content_suffixes(path)[-1] in (".csv", ".tsv")


def why_not(path: PurePosixPath) -> str:
    """What a file of words is, when it is no text."""
    suffixes = content_suffixes(path)
    return _OTHERS.get(suffixes[-1] if suffixes else "", "text of no known kind")


def promised_format(
    path: PurePosixPath, source: Source | None, *, is_broken: bool
) -> Format | None:
    """Format that a name promises, for a file whose content is none that we know.

    ``is_broken``: there is no content at all (an empty file, a broken archive), so that also
    names count which much else could have, such as ``.xml``.

    >>> promised_format(PurePosixPath("a.warc.gz"), None, is_broken=False)
    <Format.WARC: 'warc'>
    """
    suffixes = content_suffixes(path)
    for suffix in reversed(suffixes):
        if suffix in _PROMISES:
            return _PROMISES[suffix]
        if suffix in _OTHERS:
            return None
    if _PUSHSHIFT.match(path.name):
        return Format.REDDIT
    if _WIKIMEDIA.search(path.name):
        return Format.MEDIAWIKI
    if _POSTS.search(path.name):
        return Format.STACKEXCHANGE
    if path.suffix.lower() == ".zst" and not names_text(path):
        return Format.REDDIT if source is Source.SOCIAL else Format.JSONL
    if is_broken and suffixes and suffixes[-1] == ".xml":
        return Format.MEDIAWIKI if source is Source.WIKI else Format.FEED
    if is_broken and names_text(path):
        return Format.GUTENBERG if source is Source.BOOK else Format.PLAIN_TEXT
    return None


def folder_source(root: str, path: PurePosixPath) -> Source | None:
    """Source that the folders of a path name; the innermost wins.

    Below the input folder a part of a name will do; of the input folder and the one around it
    the whole name counts.

    >>> folder_source("/data", PurePosixPath("news_2020/a.jsonl"))
    <Source.NEWS: 'news'>
    >>> folder_source("/data/books/txt", PurePosixPath("a.txt"))
    <Source.BOOK: 'book'>
    """
    words_of = [set(re.split(r"[^a-z]+", part.lower())) for part in path.parts[:-1]]
    around = [{part.lower()} for part in PurePosixPath(root).parts[-2:]]
    for words in reversed([*around, *words_of]):
        for source, names in _FOLDERS.items():
            if words & names:
                return source
    return None
