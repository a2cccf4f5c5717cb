import errno
import os
import random
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources import zstd_frame, zstd_window
from pipeline.sources.zstd_frame import ZstdFrame
from schemas.errors import DataError
from tests.pipeline.sources.test_zstd_frame import DICTIONARY

BLOCK = random.Random(1).randbytes(1 << 16)


def compress(content: bytes, window_log: int, *, has_size: bool, with_words: bool = False) -> bytes:
    parameters = zstandard.ZstdCompressionParameters(
        window_log=window_log, write_content_size=has_size, write_checksum=True, strategy=1
    )
    words = DICTIONARY if with_words else None
    compressor = zstandard.ZstdCompressor(compression_params=parameters, dict_data=words)
    return compressor.compress(content)


def unfold(stored: bytes, words: zstandard.ZstdCompressionDict | None = None) -> bytes:
    frame = ZstdFrame(words)
    got = [frame.decompress(stored, -1)]
    while not frame.eof:
        got.append(frame.decompress(b"", -1))
    assert frame.unused_data == b"behind"
    return b"".join(got)


@pytest.fixture(autouse=True)
def every_window_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zstd_frame, "MEMORY_WINDOW", 0)


@given(
    st.lists(st.tuples(st.integers(0, (1 << 16) - 1), st.integers(1, 1 << 16)), max_size=40),
    st.integers(10, 20),
    st.booleans(),
    st.booleans(),
)
def test_the_ring_gives_what_was_compressed(
    spans: list[tuple[int, int]], window_log: int, has_size: bool, with_words: bool
) -> None:
    # Pieces of one block, so that matches lead back as far as the window allows.
    content = b"".join(BLOCK[start : start + length] for start, length in spans)
    stored = compress(content, window_log, has_size=has_size, with_words=with_words)
    assert unfold(stored + b"behind", DICTIONARY if with_words else None) == content


def test_pages_are_let_go_and_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zstd_window, "_MOST_MAPPED", -1 << 40)  # at each block
    content = BLOCK * 64
    assert unfold(compress(content, 20, has_size=False) + b"behind") == content


def test_a_damage_is_told() -> None:
    stored = bytearray(compress(BLOCK * 3, 20, has_size=False))
    stored[-2] ^= 1
    with pytest.raises(zstandard.ZstdError, match="checksum"):
        unfold(bytes(stored))


def test_a_full_disk_is_no_content(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", fail)
    with pytest.raises(DataError, match=r"no room for the window .* set TMPDIR to a larger disk"):
        unfold(compress(BLOCK, 20, has_size=False) + b"behind")


def test_nothing_stays_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    files = len(list(Path("/proc/self/fd").iterdir()))
    assert unfold(compress(BLOCK, 20, has_size=True) + b"behind") == BLOCK
    assert list(tmp_path.iterdir()) == []
    assert len(list(Path("/proc/self/fd").iterdir())) == files
