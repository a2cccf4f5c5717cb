"""Peak memory of the task that reads a large file, format by format.

Run: python -m tests.benchmarks.bench_ingest FOLDER [--gigabytes 4] [--only NAME ...]

Each file is made in FOLDER by repetition of a block of texts that hardly compress, read from end
to end by a process of its own, and deleted. ``gigabytes`` is its size as stored; bzip2 files are
an eighth of that, since reading them is slow. Figures go to tests/benchmarks/history.jsonl.
"""

import argparse
import base64
import bz2
import gzip
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import zstandard

from pipeline.sources.inputs import Format, InputFile, InputParams
from pipeline.sources.readers import read_file
from schemas.documents import Source
from tests.benchmarks.history import append_history

_BLOCK_TEXTS = 4000
_TEXT_BYTES = 6000


def texts() -> list[str]:
    """About 24 MB of words that hardly compress."""
    generator = random.Random(0)
    return [
        " ".join(base64.b64encode(generator.randbytes(6)).decode() for _ in range(_TEXT_BYTES // 9))
        for _ in range(_BLOCK_TEXTS)
    ]


def _json_lines(key: str, **more: object) -> bytes:
    rows = ({key: text, "id": f"{n}", **more} for n, text in enumerate(texts()))
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def _csv() -> bytes:
    return "".join(f'{n},"A ""title"", {n}","{text}"\n' for n, text in enumerate(texts())).encode()


def _crawl() -> bytes:
    """Each page in a member of its own."""
    members = []
    for number, text in enumerate(texts()):
        page = f"<html><body><article><h1>{number}</h1><p>{text}</p></article></body></html>"
        http = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n{page}".encode()
        head = (
            "WARC/1.0\r\nWARC-Type: response\r\nWARC-Date: 2024-05-18T01:58:10Z\r\n"
            f"WARC-Target-URI: https://example.org/{number}\r\nContent-Length: {len(http)}\r\n\r\n"
        )
        members.append(gzip.compress(head.encode() + http + b"\r\n\r\n", compresslevel=1))
    return b"".join(members)


def _pages() -> bytes:
    return "".join(
        f"<page><title>{n}</title><ns>0</ns><id>{n}</id><revision><id>{n}</id>"
        f"<text>{text}</text></revision></page>\n"
        for n, text in enumerate(texts())
    ).encode()


def _repeat(first: bytes, block: bytes, last: bytes, size: int) -> Iterator[bytes]:
    yield first
    yield from (block for _ in range(max(1, size // len(block))))
    yield last


def _zstd(block: bytes, size: int, window_log: int) -> Iterator[bytes]:
    """One frame, with so long a window that all of it is kept."""
    parameters = zstandard.ZstdCompressionParameters(
        window_log=window_log, enable_ldm=False, hash_log=12, chain_log=12, strategy=1, min_match=7
    )
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    written = 0
    while written < size:
        piece = compressor.compress(block)
        written += len(piece)
        yield piece
    yield compressor.flush()


FILES: dict[str, tuple[Format, Callable[[int], Iterator[bytes]]]] = {
    "jsonl": (Format.JSONL, lambda size: _repeat(b"", _json_lines("text"), b"", size)),
    "csv": (Format.CSV, lambda size: _repeat(b"id,title,text\n", _csv(), b"", size)),
    "jsonl.zst": (Format.JSONL, lambda size: _zstd(_json_lines("text"), size, 21)),
    "warc.gz": (Format.WARC, lambda size: _repeat(b"", _crawl(), b"", size)),
    "reddit.zst, window 128 MiB": (
        Format.REDDIT,
        lambda size: _zstd(_json_lines("body", subreddit="tea"), size, 27),
    ),
    "reddit.zst, window 2 GiB": (
        Format.REDDIT,
        lambda size: _zstd(_json_lines("body", subreddit="tea"), size, 31),
    ),
    "mediawiki.xml.bz2": (
        Format.MEDIAWIKI,
        lambda size: _repeat(
            bz2.compress(b'<mediawiki xml:lang="en">'),
            bz2.compress(_pages()),
            bz2.compress(b"</mediawiki>"),
            size // 8,
        ),
    ),
}
_COLUMNS = {Format.JSONL: {"text": "text"}, Format.CSV: {"text": "text", "title": "title"}}


def peak_rss_mib() -> int:
    """Peak of the memory that this program had resident. What getrusage tells includes that of
    the process which started it."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) >> 10
    raise OSError("/proc/self/status has no VmHWM")


def read(path: Path, format: Format) -> dict[str, float]:
    """Read a file from end to end in this process: rows, unreadable ones, seconds, peak memory."""
    file = InputFile(
        path=path.name,
        format=format,
        source=Source.TEXT,
        size=path.stat().st_size,
        columns=_COLUMNS.get(format, {}),
    )
    rows = unreadable = 0
    started = time.perf_counter()
    for batch in read_file(str(path.parent), file, InputParams()):
        rows += batch.num_rows
        unreadable += batch.num_rows - batch.column("error").null_count
    seconds = time.perf_counter() - started
    return {
        "rows": rows,
        "unreadable": unreadable,
        "stored_mb": round(file.size / 1e6),
        "seconds": round(seconds, 1),
        "peak_rss_mib": peak_rss_mib(),
    }


def measure(folder: Path, name: str, size: int) -> dict[str, float]:
    """Make a file, have it read by a process of its own, delete it."""
    format, make = FILES[name]
    path = folder / "bench_ingest.dump"
    try:
        with path.open("wb") as stored:
            for piece in make(size):
                stored.write(piece)
        command = [sys.executable, "-m", __spec__.name, str(folder), "--read", format.value]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        figures: dict[str, float] = json.loads(done.stdout)
        return figures
    finally:
        path.unlink(missing_ok=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--gigabytes", type=float, default=4.0)
    parser.add_argument("--only", nargs="*", choices=list(FILES), default=list(FILES))
    parser.add_argument("--read", type=Format, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.read is not None:
        print(json.dumps(read(arguments.folder / "bench_ingest.dump", arguments.read)))
        return
    arguments.folder.mkdir(parents=True, exist_ok=True)
    figures = {}
    for name in arguments.only:
        figures[name] = measure(arguments.folder, name, int(arguments.gigabytes * (1 << 30)))
        print(f"{name:<28}{figures[name]}", flush=True)
    append_history({"bench": "ingest", "gigabytes": arguments.gigabytes, "figures": figures})


if __name__ == "__main__":
    main()
