import contextlib
import gzip
import random
import time
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.http_message import HttpMessage, decode_body, parse_response
from schemas.errors import RecordError

BODY = b"<html><p>" + b"hello " * 500


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


def chunked(body: bytes, size: int = 100, extension: str = "") -> bytes:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    chunks = [f"{len(piece):X}{extension}\r\n".encode() + piece + b"\r\n" for piece in pieces]
    return b"".join(chunks) + b"0\r\n\r\n"


def decode(body: bytes, is_truncated: bool = False, **headers: str) -> bytes:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    message = HttpMessage(200, names, body)
    return decode_body(message, 1 << 20, is_truncated=is_truncated).content


@pytest.mark.parametrize(
    ("coding", "encoded"),
    [
        ("gzip", gzip.compress(BODY)),
        ("x-gzip", gzip.compress(BODY)),
        ("deflate", zlib.compress(BODY)),
        ("deflate", raw_deflate(BODY)),
        ("br", brotli.compress(BODY)),
        ("zstd", zstandard.ZstdCompressor().compress(BODY)),
        ("identity", BODY),
        ("no-such-coding", BODY),
    ],
)
def test_content_encodings(coding: str, encoded: bytes) -> None:
    assert decode(encoded, content_encoding=coding) == BODY
    both = decode(chunked(encoded), content_encoding=coding, transfer_encoding="chunked")
    assert both == BODY


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_a_body_stored_decoded_is_taken_as_it_is(coding: str) -> None:
    assert decode(BODY, content_encoding=coding, transfer_encoding="chunked") == BODY


def test_transfer_encodings_inside_chunks_are_undone() -> None:
    packed = gzip.compress(BODY)
    for codings in ("gzip, chunked", "gzip, chunked, chunked", "x-gzip,Chunked"):
        assert decode(chunked(packed), transfer_encoding=codings) == BODY
    assert decode(packed, transfer_encoding="gzip") == BODY
    twice = decode(chunked(packed), transfer_encoding="gzip, chunked", content_encoding="gzip")
    assert twice == BODY
    folded = gzip.compress(brotli.compress(BODY))
    both = decode(chunked(folded), transfer_encoding="gzip, chunked", content_encoding="br")
    assert both == BODY


def test_repeated_lines_of_encodings_are_one_list() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Encoding: gzip\r\n"
    head += b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\nA: 1\r\nA: 2\r\n\r\n"
    body = gzip.compress(gzip.compress(brotli.compress(BODY)))
    message = parse_response(head + chunked(body))
    assert message.headers["content-encoding"] == "br, gzip"
    assert message.headers["a"] == "1"
    assert decode_body(message, 1 << 20).content == BODY


RESPONSE = b"http/1.1 200 ok\r\nContent-Type: text/html\r\n\r\n<p>tea"


@pytest.mark.parametrize(
    "before",
    [
        b"",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\nContent-Type: text/plain\r\n\r\n",
        b"HTTP/1.0 200 Connection established\r\nProxy-Agent: x\r\n\r\n",
        b"HTTP/1.1 200 Connection established\n\nHTTP/1.1 103 Early Hints\nLink: a\n\n",
    ],
)
def test_heads_before_the_response_are_passed_over(before: bytes) -> None:
    message = parse_response(before + RESPONSE)
    assert (message.status, message.media_type, message.body) == (200, "text/html", b"<p>tea")


def test_a_text_that_shows_a_response_stays_whole() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"
    assert parse_response(head + RESPONSE).body == RESPONSE
    only = parse_response(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert (only.status, only.body) == (100, b"")


def test_chunk_extensions_are_read() -> None:
    assert decode(chunked(BODY, extension=";a=b"), transfer_encoding="chunked") == BODY


@pytest.mark.parametrize(
    ("broken", "content", "told"),
    [
        (chunked(BODY)[: -len(b"0\r\n\r\n")], BODY, "chunk is missing at byte"),
        (chunked(BODY)[: -len(b"\r\n0\r\n\r\n")], BODY, "chunk is missing at byte"),
        (chunked(BODY, 1 << 20)[:-200], BODY[: -200 + 7], "chunk breaks off at byte 0"),
        (b"5\r\nhello\r\nxyz\r\n", b"hello", "chunk has no valid size at byte 8"),
        (b"ff\r\nshort", b"short", "chunk breaks off at byte 0"),
    ],
)
def test_of_bad_chunks_the_content_stands_and_the_defect_is_told(
    broken: bytes, content: bytes, told: str
) -> None:
    body = decode_body(HttpMessage(200, {"transfer-encoding": "chunked"}, broken), 1 << 20)
    assert body.content == content and told in (body.lost or "")
    cut = decode_body(
        HttpMessage(200, {"transfer-encoding": "chunked"}, broken), 1 << 20, is_truncated=True
    )
    assert (cut.content, cut.lost) == (content, None)


def test_chunks_without_content_are_refused() -> None:
    with pytest.raises(RecordError, match="chunk breaks off at byte 0"):
        decode(b"ff\r\n", transfer_encoding="chunked")


def test_compressed_chunks_that_break_off_give_what_they_hold() -> None:
    packed = chunked(gzip.compress(random.Random(1).randbytes(9000).hex().encode()))[:-300]
    headers = {"transfer-encoding": "chunked", "content-encoding": "gzip"}
    body = decode_body(HttpMessage(200, headers, packed), 1 << 20)
    assert len(body.content) > 10_000 and body.lost is not None


def test_a_cut_by_the_crawler_is_forgiven() -> None:
    got = decode(chunked(BODY)[:-200], is_truncated=True, transfer_encoding="chunked")
    assert BODY.startswith(got) and len(got) > len(BODY) - 400
    cut = HttpMessage(200, {"content-encoding": "gzip"}, gzip.compress(BODY)[:-12])
    forgiven = decode_body(cut, 1 << 20, is_truncated=True)
    assert forgiven.lost is None and BODY.startswith(forgiven.content) and forgiven.content


@pytest.mark.parametrize(
    ("coding", "compress", "least"),
    [
        ("gzip", gzip.compress, 590_000),
        ("deflate", zlib.compress, 590_000),
        ("deflate", raw_deflate, 590_000),
        ("br", brotli.compress, 100_000),
        ("zstd", zstandard.compress, 100_000),
    ],
)
def test_of_compressed_data_that_breaks_off_the_content_stands_and_that_is_told(
    coding: str, compress: Callable[[bytes], bytes], least: int
) -> None:
    body = random.Random(5).randbytes(300_000).hex().encode()
    packed = compress(body)
    assert decode(packed, content_encoding=coding) == body
    for header in ("content-encoding", "transfer-encoding"):
        cut = decode_body(HttpMessage(200, {header: coding}, packed[:-900]), 1 << 20)
        assert cut.lost == f"{coding} {header.replace('-', ' ')} breaks off"
        assert body.startswith(cut.content) and least < len(cut.content) < len(body)
    assert len(decode(compress(b"\0" * (8 << 20)), content_encoding=coding)) == 1 << 20
    # A stream that is whole but for the checksum behind it.
    if coding == "gzip":
        cut = decode_body(HttpMessage(200, {"content-encoding": "gzip"}, packed[:-5]), 1 << 20)
        assert cut.content == body and cut.lost


@pytest.mark.parametrize(
    ("coding", "compress"),
    [("gzip", gzip.compress), ("br", brotli.compress), ("zstd", zstandard.compress)],
)
def test_compressed_data_cut_before_any_content_is_refused(
    coding: str, compress: Callable[[bytes], bytes]
) -> None:
    for end in (2, 3, 5):
        with pytest.raises(RecordError, match=f"{coding} content encoding breaks off"):
            decode(compress(BODY)[:end], content_encoding=coding)


def test_all_frames_of_a_zstd_body_are_read() -> None:
    frames = zstandard.compress(BODY) + zstandard.compress(b"") + zstandard.compress(b"the end")
    assert decode(frames, content_encoding="zstd") == BODY + b"the end"


def test_a_bomb_is_cut_at_the_limit() -> None:
    bomb = gzip.compress(b"\0" * (8 << 20))
    assert len(decode(bomb, content_encoding="gzip")) == 1 << 20


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_headers_with_either_line_end(end: bytes) -> None:
    head = end.join([b"HTTP/1.1 404 Not Found", b"A: 1", b"a: 2", b"B: x", b"  y", b"", b""])
    message = parse_response(head + b"body")
    assert (message.status, message.body) == (404, b"body")
    assert message.headers == {"a": "1", "b": "x y"}


def test_a_flood_of_heads_and_encodings_ends() -> None:
    started = time.process_time()
    message = parse_response(b"HTTP/1.1 100 Continue\r\n\r\n" * 100_000)
    assert message.status == 100
    head = b"HTTP/1.1 200 OK\r\n" + b"Transfer-Encoding: gzip\r\n" * 10_000 + b"\r\n"
    with pytest.raises(RecordError, match="transfer encodings"):
        decode_body(parse_response(head + gzip.compress(BODY)), 1 << 20)
    assert time.process_time() - started < 1


@pytest.mark.parametrize("block", [b"", b"hello", b"HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"])
def test_what_is_no_response_is_refused(block: bytes) -> None:
    with pytest.raises(RecordError, match="status line"):
        parse_response(block)


@pytest.mark.parametrize("page", [b"<html><p>Words.", b" \n<!DOCTYPE HTML>\n\nWords."])
def test_a_page_without_a_head_is_an_answer_of_http_0_9(page: bytes) -> None:
    message = parse_response(page)
    assert (message.status, message.media_type, message.body) == (200, "", page)
    with pytest.raises(RecordError, match="status line"):
        parse_response(b"<htmlx>")


def test_a_status_line_needs_no_reason_and_headers_no_utf8() -> None:
    message = parse_response(b"HTTP/1.0 200\r\nX: \xff\r\nContent-Type: text/html\r\n\r\n")
    assert message.media_type == "text/html"


@given(st.binary(max_size=300))
def test_nothing_but_record_errors_escapes(block: bytes) -> None:
    for header in (b"Transfer-Encoding: chunked", b"Content-Encoding: gzip, br, deflate, zstd"):
        message = parse_response(b"HTTP/1.1 200 OK\r\n" + header + b"\r\n\r\n" + block)
        with contextlib.suppress(RecordError):
            decode_body(message, 1 << 16)


@pytest.mark.parametrize(
    "flood",
    [
        b"X: a\r\n" + b" y\r\n" * 500_000,
        b"".join(b"X-%d: y\r\n" % i for i in range(300_000)),
        b"X: " + b"y" * (8 << 20) + b"\r\n",
        b"\r" * (4 << 20) + b"\r\n",
        b"Content-Type: text/html" + b"; a=b" * 500_000 + b"\r\n",
        b":\r\n" * 500_000,
    ],
)
def test_floods_of_headers_cost_little(flood: bytes) -> None:
    started = time.process_time()
    message = parse_response(b"HTTP/1.1 200 OK\r\nA: b\r\n" + flood + b"\r\n\r\nbody")
    assert message.charset is None
    assert time.process_time() - started < 1
    assert (message.status, message.headers["a"]) == (200, "b")
    assert message.body.endswith(b"body")
    assert sum(map(len, message.headers.values())) < 1 << 19


def test_encodings_without_end_are_refused() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: " + b"gzip, " * 1000
    with pytest.raises(RecordError, match="content encodings"):
        decode_body(parse_response(head + b"\r\n\r\nbody"), 1000)


def test_a_gzip_body_of_several_members_is_read_to_its_end() -> None:
    members = gzip.compress(BODY[:700]) + gzip.compress(b"") + gzip.compress(BODY[700:])
    assert decode(members, content_encoding="gzip") == BODY
    assert decode(members + b"\r\n", content_encoding="gzip") == BODY
    large = random.Random(1).randbytes(200_000)
    assert decode(gzip.compress(large) + gzip.compress(BODY), content_encoding="gzip") == (
        large + BODY
    )
    cut = decode_body(HttpMessage(200, {"content-encoding": "gzip"}, members[:-20]), 1 << 20)
    assert BODY.startswith(cut.content) and len(cut.content) > 700
    assert cut.lost == "gzip content encoding breaks off"


def test_gzip_members_without_end_take_a_time_in_proportion() -> None:
    begin = time.process_time()
    assert decode(gzip.compress(b"") * 200_000, content_encoding="gzip") == b""
    assert time.process_time() - begin < 10
