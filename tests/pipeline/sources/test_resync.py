"""Behind a broken member of a compressed file the next ones are read."""

import bz2
import gzip
import io
import json
import lzma
import random
from collections.abc import Callable
from typing import Any

import lz4.frame
import pytest
import zstandard

from pipeline.sources.compression import Codec, Decompressed, UnfoldLimit, find_codec
from pipeline.sources.decoders import new_decoder
from pipeline.sources.resync import find_next_member
from tests.pipeline.sources.conftest import ReadDump, state

PACK: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "zst": zstandard.ZstdCompressor(write_checksum=True).compress,
    "xz": lzma.compress,
    "lz4": lz4.frame.compress,
}
CODECS = {
    "gz": Codec.GZIP, "bz2": Codec.BZIP2, "zst": Codec.ZSTD, "xz": Codec.XZ, "lz4": Codec.LZ4,
}  # fmt: skip


def words(seed: int, count: int = 200) -> str:
    chosen = random.Random(seed)
    return " ".join(f"{chosen.choice('bcdfgm')}{chosen.randrange(10**6)}" for _ in range(count))


TEXTS = [words(seed) for seed in range(9)]


def damage(member: bytes) -> bytes:
    middle = len(member) // 2
    return member[:middle] + b"\x55" * 30 + member[middle + 30 :]


def joined(suffix: str, parts: list[str], broken: int) -> bytes:
    members = [PACK[suffix](part.encode()) for part in parts]
    members[broken] = damage(members[broken])
    return b"".join(members)


@pytest.mark.parametrize("suffix", PACK)
def test_the_next_member_is_found(suffix: str) -> None:
    pack = PACK[suffix]
    magic = pack(b"x")[:3]
    stored = b"junk " + magic + b"no member" + pack(TEXTS[0].encode()) + pack(b"more")
    factory = lambda: new_decoder(CODECS[suffix])  # noqa: E731
    at = find_next_member(io.BytesIO(stored), CODECS[suffix], 0, factory)
    assert at == len(b"junk " + magic + b"no member")
    later = find_next_member(io.BytesIO(stored), CODECS[suffix], at + 1, factory)
    assert later == len(stored) - len(pack(b"more"))
    assert find_next_member(io.BytesIO(stored), CODECS[suffix], later + 1, factory) is None


def test_a_magic_over_the_border_of_two_chunks_is_found() -> None:
    for before in range((1 << 20) - 4, (1 << 20) + 2):
        stored = io.BytesIO(b"\0" * before + gzip.compress(b"tea"))
        assert find_next_member(stored, Codec.GZIP, 0, lambda: new_decoder(Codec.GZIP)) == before
    stored = io.BytesIO(b"\0" * (3 << 20) + gzip.compress(b"tea"))
    factory = lambda: new_decoder(Codec.GZIP)  # noqa: E731
    assert find_next_member(stored, Codec.GZIP, 0, factory, most_bytes=1 << 20) is None


def test_content_goes_on_behind_a_break() -> None:
    data = joined("gz", TEXTS[:3], broken=1)
    content = Decompressed(io.BytesIO(data), find_codec(data))
    assert content.read().startswith(TEXTS[0].encode()) and content.failure is not None
    at = content.tell()
    assert content.resume() and content.failure is None
    assert content.read() == TEXTS[2].encode() and content.failure is None
    assert content.stored_offset(at) == len(data) - len(gzip.compress(TEXTS[2].encode()))
    assert not content.resume()


def test_a_bomb_is_not_read_on() -> None:
    data = gzip.compress(b"\0" * (1 << 20)) + gzip.compress(b"tea")
    content = Decompressed(io.BytesIO(data), Codec.GZIP, limit=UnfoldLimit(10, 1000))
    content.read()
    assert content.failure is not None and not content.resume()


@pytest.mark.parametrize("suffix", PACK)
@pytest.mark.parametrize("broken", [0, 1])
@pytest.mark.parametrize(
    ("name", "begin", "row", "end"),
    [
        ("a.jsonl", "", lambda text: json.dumps({"id": text[:9], "text": text}) + "\n", ""),
        (
            "RC_2011-01.jsonl",
            "",
            lambda text: (
                json.dumps(
                    {"id": text[:9], "body": text, "subreddit": "s", "author": "a", "score": 1}
                )
                + "\n"
            ),
            "",
        ),
        (
            "enwiki-20200101-pages-articles.xml",
            "<mediawiki><siteinfo><base>https://a.example/wiki/M</base></siteinfo>\n",
            lambda text: (
                f"<page><title>{text[:9]}</title><ns>0</ns><id>1</id><revision><id>2</id>"
                f"<text>{text}</text></revision></page>\n"
            ),
            "</mediawiki>\n",
        ),
        (
            "Posts.xml",
            "<posts>\n",
            lambda text: (
                f'<row Id="{TEXTS.index(text) + 1}" PostTypeId="1" Title="T" Body="{text}" />\n'
            ),
            "</posts>\n",
        ),
    ],
)
def test_records_behind_a_broken_member_are_read(
    read_dump: ReadDump, suffix: str, broken: int, name: str, begin: str, row: Any, end: str
) -> None:
    rows = [row(text) for text in TEXTS]
    parts = [begin + "".join(rows[:3]), "".join(rows[3:6]), "".join(rows[6:]) + end]
    sound = read_dump(f"{name}.{suffix}", b"".join(PACK[suffix](part.encode()) for part in parts))
    assert [state(found) for found in sound] == ["text"] * 9
    got = read_dump(f"{name}.{suffix}", joined(suffix, parts, broken))
    texts = [found["text"] for found in got if found["text"] is not None]
    lost = {found["text"] for found in sound[3 * broken : 3 * broken + 3]}
    assert set(texts) >= {found["text"] for found in sound} - lost
    assert len(texts) == len(set(texts))
    errors = [found["error"] for found in got if found["error"] is not None]
    assert any("member that starts at byte" in error for error in errors)
    assert len(errors) <= 3
    assert len({found["record_offset"] for found in got}) == len(got)
