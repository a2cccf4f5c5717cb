"""Small 7z archives for the tests."""

import io
from typing import Any

import py7zr

LZMA = [{"id": py7zr.FILTER_LZMA, "preset": 4}]
LZMA2 = [{"id": py7zr.FILTER_LZMA2, "preset": 4}]
FILTERS: dict[str, list[dict[str, Any]]] = {
    "LZMA": LZMA,
    "LZMA2": LZMA2,
    "LZMA2 behind a filter of jumps": [{"id": py7zr.FILTER_X86}, *LZMA2],
    "BZip2": [{"id": py7zr.FILTER_BZIP2}],
    "Deflate": [{"id": py7zr.FILTER_DEFLATE}],
    "stored": [{"id": py7zr.FILTER_COPY}],
}


def pack_7z(
    *files: tuple[str, bytes],
    filters: list[dict[str, Any]] = LZMA2,
    password: str | None = None,
    behind: bytes = b"",
) -> bytes:
    """A solid archive of files with these names and contents, behind those of another one."""
    packed = io.BytesIO(behind)
    with py7zr.SevenZipFile(
        packed,
        "a" if behind else "w",
        filters=None if password else filters,
        password=password,
    ) as archive:
        for name, content in files:
            archive.writestr(content, name)
    return packed.getvalue()
