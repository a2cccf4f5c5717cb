"""Posts as a monthly dump of Reddit: JSON lines in zstd with the long window of those dumps."""

import json
from collections.abc import Iterable

import zstandard

from pipeline.demo.items import Item, number_of

# The dumps need a decoder that allows 2 GiB; small tables keep our encoder far below that.
_WINDOW = zstandard.ZstdCompressionParameters.from_level(
    3, window_log=31, hash_log=17, chain_log=17, write_content_size=False
)
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_FORUMS = ("learnpython", "AskACoder", "translator", "books", "CasualConversation")
_NAMES = ("quiet_heron", "tin_kettle", "northbound", "mossy_stone", "paperboat", "late_tram")


def post_id(name: str) -> str:
    """Identifier of a post, seven digits in base 36.

    >>> len(post_id("ferry"))
    7
    """
    number = number_of(name)
    digits = ""
    for _ in range(7):
        number, digit = divmod(number, 36)
        digits += _DIGITS[digit]
    return digits


def comments_dump(items: Iterable[Item]) -> bytes:
    """``RC_<month>.zst`` with one comment per item."""
    lines = []
    for item in items:
        number = number_of(item.name)
        forum, thread = _FORUMS[number % len(_FORUMS)], post_id(f"thread {number % 40}")
        is_gone = item.text() in ("[deleted]", "[removed]")
        lines.append(
            {
                "author": "[deleted]" if is_gone else _NAMES[number % len(_NAMES)],
                "body": _escaped(item.text()),
                "controversiality": 0,
                "created_utc": int(item.published.timestamp()),
                "id": post_id(item.name),
                "link_id": f"t3_{thread}",
                "parent_id": f"t3_{thread}",
                "permalink": f"/r/{forum}/comments/{thread}/_/{post_id(item.name)}/",
                "score": number % 90 - 8,
                "subreddit": forum,
                "subreddit_id": "t5_" + post_id(forum)[:5],
            }
        )
    return _compress(lines)


def submissions_dump(items: Iterable[Item]) -> bytes:
    """``RS_<month>.zst`` with one submission per item."""
    lines = []
    for item in items:
        number = number_of(item.name)
        forum, identifier = _FORUMS[number % len(_FORUMS)], post_id(item.name)
        lines.append(
            {
                "author": _NAMES[number % len(_NAMES)],
                "created_utc": int(item.published.timestamp()),
                "domain": f"self.{forum}",
                "id": identifier,
                "is_self": True,
                "num_comments": number % 30,
                "over_18": False,
                "permalink": f"/r/{forum}/comments/{identifier}/_/",
                "score": number % 300,
                "selftext": _escaped(item.text()),
                "subreddit": forum,
                "title": _escaped(item.title),
            }
        )
    return _compress(lines)


def _escaped(text: str) -> str:
    # As in the dumps, which keep what the site's API escapes.
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _compress(lines: Iterable[dict[str, object]]) -> bytes:
    text = "".join(json.dumps(line, sort_keys=True, separators=(",", ":")) + "\n" for line in lines)
    compressor = zstandard.ZstdCompressor(compression_params=_WINDOW).compressobj()
    return compressor.compress(text.encode()) + compressor.flush()
