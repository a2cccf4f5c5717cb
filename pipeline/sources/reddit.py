"""Pushshift dumps of Reddit: comments and submissions as (zstd) JSON lines."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from pipeline.extract.character_references import unescape
from pipeline.sources.inputs import InputFile, InputParams
from pipeline.sources.jsonl import as_text, read_objects
from pipeline.sources.lines import Line
from pipeline.sources.record import Record, document_or_empty
from pipeline.text.dates import parse_date

_SITE = "https://www.reddit.com"
_DELETED = frozenset({"[deleted]", "[removed]", "[deleted by user]", "[removed by reddit]"})

# Programs that answer under every kind of post; most of the others say what they are.
_BOTS = frozenset(
    {
        "automoderator", "autotldr", "remindmebot", "wikitextbot", "sneakpeekbot", "totesmessenger",
        "image_linker_bot", "linkfixerbot", "imgurtranscriber", "youtubefactsbot", "haikusbot",
        "repostsleuthbot", "savevideo", "converter-bot", "wikisummarizerbot",
    }
)  # fmt: skip
_BOT_TALK = re.compile(
    r"\bI(?:['\u2019]m| am) a (?:ro)?bot\b.{0,300}?(?:automatic|contact|\bPM\b|message|source code"
    r"|feedback|creator|b[le]+p b[lo]+p|opt.?out|moderators)",
    re.I | re.S,
)
_BOT_TAIL = 500


def read_reddit(stored: BinaryIO, file: InputFile, params: InputParams) -> Iterator[Record]:
    """Comments (``body``) and submissions (``title`` and ``selftext``) of a dump.

    Deleted and removed ones are skipped as ``deleted_post``, those of programs as ``bot_post``.
    """
    return read_objects(stored, file, params, _post)


def _post(value: Mapping[str, Any], line: Line) -> Record:
    identifier = as_text(value.get("id")) or ""
    is_comment = "body" in value
    # Reddit's API escapes <, > and & in what people wrote, and dumps keep it so.
    body = unescape(_string(value, "body" if is_comment else "selftext")).strip()
    title = None if is_comment else unescape(_string(value, "title")).strip()
    author = _string(value, "author")
    is_deleted = body.lower() in _DELETED or (title or "").lower() in _DELETED
    is_bot = author.lower() in _BOTS or _BOT_TALK.search(body[-_BOT_TAIL:]) is not None
    rule = "deleted_post" if is_deleted else "bot_post" if is_bot else None
    text = body if is_comment else "\n\n".join(part for part in (title, body) if part)
    return document_or_empty(
        Record(
            offset=line.offset,
            key=(("t1_" if is_comment else "t3_") + identifier) if identifier else "",
            raw=line.bytes,
            url=_address(value, identifier, is_comment),
            title=title,
            author=None if author in _DELETED else author or None,
            published=parse_date(_number(value.get("created_utc"))),
            text=None if rule else text,
            skip_rule=rule,
        )
    )


def _string(value: Mapping[str, Any], key: str) -> str:
    found = value.get(key)
    return found if isinstance(found, str) else ""


def _number(value: Any) -> Any:
    # Some months write the time as a text of digits.
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def _address(value: Mapping[str, Any], identifier: str, is_comment: bool) -> str | None:
    permalink = _string(value, "permalink")
    if permalink.startswith("/"):
        return _SITE + permalink
    thread = _string(value, "link_id").removeprefix("t3_")
    if is_comment and thread and identifier:
        return f"{_SITE}/comments/{thread}/_/{identifier}"
    return None
