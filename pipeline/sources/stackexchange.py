"""StackExchange dumps (Posts.xml): one document per question, with its answers.

An answer may stand anywhere behind its question. The posts are dealt to temporary files by the
number of their question, and each of these, small enough for memory, is put together.
"""

import json
import re
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import IO, BinaryIO

from pipeline.extract.html import fragment_text
from pipeline.sources.compression import Decompressed, find_codec
from pipeline.sources.inputs import InputFile, InputParams
from pipeline.sources.record import Record, document_or_empty, unreadable
from pipeline.sources.stackexchange_rows import Row, read_rows
from pipeline.text.dates import parse_date

_QUESTION, _ANSWER = "1", "2"
_BUCKET_BYTES = 32 << 20
_MOST_BUCKETS = 256
"""Open files per task. Above 8 GiB of posts the buckets grow, by 4 MiB for each further GiB."""
_UNFOLDS = 8  # times the stored size, where that is compressed
_SITE = re.compile(r"[a-z0-9\-]+(?:\.[a-z0-9\-]+)*\.(?:com|net|org)", re.I)
_LICENCES = (("2018-05-02", "CC BY-SA 4.0"), ("2011-04-08", "CC BY-SA 3.0"), ("", "CC BY-SA 2.5"))
"""First day (UTC) of each licence of the network, the latest first.

https://meta.stackexchange.com/questions/347758 (2020).
"""


@dataclass(frozen=True, slots=True)
class _Post:
    offset: int
    size: int
    kind: str
    number: str
    question: str
    accepted: str
    score: int
    created: str
    licence: str
    author: str
    title: str
    body: str


def read_stackexchange(stored: BinaryIO, file: InputFile, params: InputParams) -> Iterator[Record]:
    """Rows that are no question or answer in their order; then the others by their questions.

    The accepted answer comes first, then by score. The row of an answer is skipped as
    ``part_of_question``; as ``question_missing`` where the dump lacks its question.
    """
    codec = find_codec(stored.read(8))
    content = Decompressed(stored, codec, limit=params.unfold_limit)
    size = file.size * (_UNFOLDS if codec else 1)
    site = _site(file.path)
    with ExitStack() as open_files:
        buckets: list[IO[bytes]] = [
            open_files.enter_context(tempfile.TemporaryFile())
            for _ in range(max(1, min(_MOST_BUCKETS, -(-size // _BUCKET_BYTES))))
        ]
        for row in read_rows(content, params.max_record_bytes):
            record = _deal(row, buckets)
            if record is not None:
                yield record
        for bucket in buckets:
            yield from _threads(bucket, site, params.max_record_bytes)


def _deal(row: Row, buckets: list[IO[bytes]]) -> Record | None:
    """Put a post aside for later; the record of a row that is none."""
    if row.is_too_large:
        return Record(
            offset=row.offset, raw=bytes(row.raw), raw_bytes=row.size, skip_rule="too_large"
        )
    if row.error is not None:
        return unreadable(row.offset, row.error, raw=bytes(row.raw))
    found = row.attributes
    number, kind = found.get("Id", ""), found.get("PostTypeId", "")
    question = found.get("ParentId", "") if kind == _ANSWER else number
    if not question.isascii() or not question.isdecimal() or len(question) > 18:
        return unreadable(row.offset, "a post without a number", key=number, raw=bytes(row.raw))
    if kind not in (_QUESTION, _ANSWER):
        return Record(
            offset=row.offset, key=f"post {number}", raw=bytes(row.raw), skip_rule="post_type"
        )
    post = _Post(
        offset=row.offset,
        size=row.size,
        kind=kind,
        number=number,
        question=question,
        accepted=found.get("AcceptedAnswerId", ""),
        score=_count(found.get("Score", "")),
        created=found.get("CreationDate", ""),
        # An edit puts the post under the licence of its day.
        licence=found.get("ContentLicense", "")
        or _licence(max(found.get("CreationDate", ""), found.get("LastEditDate", ""))),
        author=found.get("OwnerDisplayName", "") or _user(found.get("OwnerUserId", "")),
        title=found.get("Title", ""),
        body=found.get("Body", ""),
    )
    buckets[int(question) % len(buckets)].write(json.dumps(asdict(post)).encode() + b"\n")
    return None


def _threads(bucket: IO[bytes], site: str, max_bytes: int) -> Iterator[Record]:
    """Records of one bucket: each question, then its answers."""
    bucket.seek(0)
    questions: list[_Post] = []
    answers: dict[str, list[_Post]] = {}
    for line in bucket:
        post = _Post(**json.loads(line))
        if post.kind == _QUESTION:
            questions.append(post)
        else:
            answers.setdefault(post.question, []).append(post)
    for question in questions:
        yield from _thread(question, answers.pop(question.number, []), site, max_bytes)
    for orphans in answers.values():
        for post in orphans:
            yield _skipped(post, site, "question_missing")


def _thread(question: _Post, answers: list[_Post], site: str, max_bytes: int) -> Iterator[Record]:
    answers.sort(key=lambda post: (post.number != question.accepted, -post.score, post.offset))
    posts = [question]
    left = max_bytes - question.size
    leftover: list[_Post] = []
    for post in answers:
        if post.size <= left:
            posts.append(post)
            left -= post.size
        else:
            leftover.append(post)
    texts = [" ".join(question.title.split()), *(fragment_text(post.body) for post in posts)]
    yield document_or_empty(
        Record(
            offset=question.offset,
            key=f"{site} question {question.number}".strip(),
            raw="\n".join(post.body for post in posts).encode("utf-8", "surrogatepass"),
            url=f"https://{site}/questions/{question.number}" if site else None,
            title=question.title or None,
            author=question.author or None,
            published=parse_date(question.created),
            licence=", ".join(sorted({post.licence for post in posts})),
            text="\n\n".join(text for text in texts if text),
        )
    )
    for post in posts[1:]:
        yield _skipped(post, site, "part_of_question")
    for post in leftover:
        yield _skipped(post, site, "too_large")


def _skipped(post: _Post, site: str, rule: str) -> Record:
    return Record(
        offset=post.offset,
        key=f"{site} answer {post.number}".strip(),
        raw=post.body.encode("utf-8", "surrogatepass"),
        author=post.author or None,
        published=parse_date(post.created),
        licence=post.licence,
        skip_rule=rule,
    )


def _site(path: str) -> str:
    """Address of the site that the folder or the name of a dump gives: ``cs.example.com``."""
    for part in reversed(PurePosixPath(path).parts):
        if match := _SITE.match(part):
            return match[0].lower()
    return ""


def _licence(created: str) -> str:
    return next(licence for first, licence in _LICENCES if created >= first)


def _user(number: str) -> str:
    return f"user {number}" if number else ""


def _count(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        return 0
