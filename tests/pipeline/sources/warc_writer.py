"""A naive WARC writer and a naive WARC parser: oracles for the reader, after the standard alone."""

import gzip

PAGE = (
    b"<html lang=en><head><title>Tea</title></head><body><nav><a href=/>Home</a></nav><article>"
    b"<h1>Tea</h1><p>Pour hot water over the leaves, wait for some minutes, and drink it slowly "
    b"while it is warm.</p><p>Black tea wants boiling water; green tea wants less.</p></article>"
    b"</body></html>"
)


def http(
    body: bytes = PAGE,
    status: str = "200 OK",
    content_type: str | None = "text/html; charset=utf-8",
    headers: tuple[str, ...] = (),
) -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers]
    if content_type is not None:
        lines.append(f"Content-Type: {content_type}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def record(
    block: bytes,
    kind: str = "response",
    url: str | None = "https://example.org/tea",
    number: int = 0,
    version: str = "1.1",
    length: int | None = None,
    extra: tuple[str, ...] = (),
) -> bytes:
    lines = [
        f"WARC/{version}",
        f"WARC-Type: {kind}",
        f"WARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-{number:012}>",
        "WARC-Date: 2024-05-18T01:58:10Z",
        "Content-Type: application/http; msgtype=response",
        f"Content-Length: {len(block) if length is None else length}",
        *extra,
    ]
    if url is not None:
        lines.append(f"WARC-Target-URI: {url}")
    return "\r\n".join([*lines, "", ""]).encode() + block + b"\r\n\r\n"


def members(records: list[bytes]) -> bytes:
    """Each record in a gzip member of its own, as crawlers write them."""
    return b"".join(gzip.compress(each, mtime=0) for each in records)


def naive_offsets(content: bytes) -> list[int]:
    """Offsets of the records of an uncompressed WARC, by Content-Length alone."""
    offsets = []
    at = 0
    while content.startswith(b"WARC/", at):
        offsets.append(at)
        head_end = content.index(b"\r\n\r\n", at) + 4
        head = content[at:head_end].lower()
        length = int(head.split(b"\r\ncontent-length:")[1].split(b"\r\n")[0])
        at = head_end + length
        while content[at : at + 2] == b"\r\n":
            at += 2
    return offsets
