"""DOCUMENTS: one row per record that a dump holds. ATTRIBUTES: what was measured on it."""

import hashlib
from enum import StrEnum

import pyarrow as pa

from schemas.table import Table


class Source(StrEnum):
    """Where a document comes from. The order is the code used in token shards."""

    WEB = "web"
    BOOK = "book"
    NEWS = "news"
    SOCIAL = "social"
    WIKI = "wiki"
    TEXT = "text"

    @property
    def code(self) -> int:
        """Position in the list of sources, stored per document in the shards."""
        return list(Source).index(self)


class PiiKind(StrEnum):
    """Kinds of personal data, the surest first: of two that overlap the first one counts."""

    EMAIL = "email"
    IBAN = "iban"
    CN_RESIDENT_ID = "cn_resident_id"
    CREDIT_CARD = "credit_card"
    US_SSN = "us_ssn"
    IP_ADDRESS = "ip_address"
    CN_MOBILE = "cn_mobile"
    PHONE = "phone"


def _required(name: str, kind: pa.DataType) -> pa.Field:
    return pa.field(name, kind, nullable=False)


# What a crawl tells of a record; null in all other formats. Type and charset are those that the
# server declared, the digest is the one that the crawler wrote.
_CRAWL_FIELDS = (
    pa.field("fetched", pa.timestamp("us", tz="UTC")),
    pa.field("http_status", pa.int32()),
    pa.field("media_type", pa.string()),
    pa.field("charset", pa.string()),
    pa.field("payload_digest", pa.string()),
)
CRAWL_COLUMNS = tuple(field.name for field in _CRAWL_FIELDS)

# A record ends in exactly one of three states: `text` (a document), `skip_rule` (readable, but
# not a document: a request record, a redirect, a deleted post) or `error` (unreadable).
DOCUMENTS = Table(
    name="documents",
    version=1,
    key=("source_file", "record_offset"),
    schema=pa.schema(
        [
            _required("doc_id", pa.string()),
            _required("source", pa.string()),
            _required("format", pa.string()),
            _required("source_file", pa.string()),
            _required("record_offset", pa.int64()),
            _required("source_key", pa.string()),
            _required("raw_bytes", pa.int64()),
            pa.field("url", pa.string()),
            pa.field("title", pa.string()),
            pa.field("author", pa.string()),
            pa.field("published", pa.timestamp("us", tz="UTC")),
            pa.field("language_hint", pa.string()),
            pa.field("licence", pa.string()),
            *_CRAWL_FIELDS,
            pa.field("text", pa.string()),
            pa.field("skip_rule", pa.string()),
            pa.field("error", pa.string()),
        ]
    ),
)


def document_id(source: str, source_key: str, raw: bytes) -> str:
    """Identity of a record: 128 bits in hexadecimal.

    Made from the source, the key that the source gives the record (URL with fetch time,
    record id, title with revision) and the digest of the raw record; never from a row number,
    and not from the extracted text, so it survives a better extractor.

    >>> document_id("web", "https://example.org/ 2024-01-01", b"<p>hello")
    '46f7c465047e21f6645ce5fe6349bfc7'
    """
    digest = hashlib.blake2b(digest_size=16)
    for part in (source.encode(), source_key.encode("utf-8", "surrogatepass"), raw):
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.hexdigest()


_ATTRIBUTE_IDENTITY = (
    _required("doc_id", pa.string()),
    _required("source", pa.string()),
    _required("source_file", pa.string()),
    _required("record_offset", pa.int64()),
    _required("source_key", pa.string()),
    pa.field("published", pa.timestamp("us", tz="UTC")),
    pa.field("skip_rule", pa.string()),
    pa.field("error", pa.string()),
)

# What a word, a line and a sentence are: pipeline.text.words. What each statistic counts, and
# whose it is: pipeline.measures.quality. All of them are finite, also for the empty text.
QUALITY_STATISTICS = (
    pa.field("num_utf8_bytes", pa.int64()),
    pa.field("num_characters", pa.int64()),
    pa.field("num_words", pa.int64()),
    pa.field("num_lines", pa.int64()),
    pa.field("num_paragraphs", pa.int64()),
    pa.field("num_sentences", pa.int64()),
    pa.field("num_prose_sentences", pa.int64()),
    pa.field("num_stop_words", pa.int64()),
    pa.field("num_function_characters", pa.int64()),
    pa.field("num_lorem_ipsum", pa.int64()),
    pa.field("num_curly_brackets", pa.int64()),
    pa.field("longest_word", pa.int64()),
    pa.field("mean_word_length", pa.float64()),
    pa.field("hashes_per_word", pa.float64()),
    pa.field("ellipses_per_word", pa.float64()),
    pa.field("newlines_per_word", pa.float64()),
    pa.field("alphabetic_word_fraction", pa.float64()),
    pa.field("alphabetic_fraction", pa.float64()),
    pa.field("digit_fraction", pa.float64()),
    pa.field("uppercase_fraction", pa.float64()),
    pa.field("unspaced_fraction", pa.float64()),
    pa.field("replacement_fraction", pa.float64()),
    pa.field("bullet_line_fraction", pa.float64()),
    pa.field("ellipsis_line_fraction", pa.float64()),
    pa.field("terminal_line_fraction", pa.float64()),
    pa.field("sentence_line_fraction", pa.float64()),
    pa.field("short_line_fraction", pa.float64()),
    pa.field("boilerplate_line_fraction", pa.float64()),
    pa.field("undesirable_word_fraction", pa.float64()),
    pa.field("duplicate_line_fraction", pa.float64()),
    pa.field("duplicate_line_character_fraction", pa.float64()),
    pa.field("duplicate_paragraph_fraction", pa.float64()),
    pa.field("duplicate_paragraph_character_fraction", pa.float64()),
    *(pa.field(f"top_{n}_gram_character_fraction", pa.float64()) for n in (2, 3, 4)),
    *(
        pa.field(f"duplicate_{n}_gram_character_fraction", pa.float64())
        for n in (5, 6, 7, 8, 9, 10)
    ),
    # In [0, 1]; the survivor of a cluster of duplicates is its best member.
    pa.field("quality_score", pa.float64()),
)

# Pieces of personal data: all of them, and of each kind. What they are: pipeline.measures.pii.
PII_COUNTS = (
    pa.field("num_pii", pa.int64()),
    *(pa.field(f"num_{kind.value}", pa.int64()) for kind in PiiKind),
)

# One row per row of DOCUMENTS. What was measured is null where there is no text.
ATTRIBUTES = Table(
    name="attributes",
    version=1,
    key=("source_file", "record_offset"),
    schema=pa.schema(
        [
            *_ATTRIBUTE_IDENTITY,
            pa.field("language", pa.string()),
            pa.field("language_score", pa.float32()),
            # Of the text in paragraphs of that language.
            pa.field("language_share", pa.float32()),
            # Hans or Hant, of Chinese only.
            pa.field("chinese_script", pa.string()),
            pa.field("toxicity", pa.float32()),
            *PII_COUNTS,
            *QUALITY_STATISTICS,
        ]
    ),
)
