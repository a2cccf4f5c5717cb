"""What a WACZ file says of the archives in it, compared with what they are."""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any, BinaryIO

from pipeline.sources.zip_directory import DEFECTS

_PACKAGE = "datapackage.json"
_LONGEST_PACKAGE = 16 << 20
_ALGORITHMS = ("sha256", "md5")
_CHUNK = 1 << 20


def stated_hashes(opened: zipfile.ZipFile) -> Mapping[str, str]:
    """Hashes of files, ``sha256:...``, as the data package states them; of those that it gives in
    a form of its own, or when it is broken, none."""
    try:
        with opened.open(_PACKAGE) as content:
            package = json.loads(content.read(_LONGEST_PACKAGE))
        resources = package["resources"]
        pairs = [(resource["path"], resource["hash"]) for resource in resources]
    except (*DEFECTS, TypeError, RecursionError):
        return {}
    return {path: stated for path, stated in pairs if _is_hash(path, stated)}


def find_damage(content: BinaryIO, checksum: int | None, stated: str | None) -> str | None:
    """What of a file is other than stated: its checksum in the zip archive (CRC-32), its hash in
    the data package. The file is read once."""
    found = 0
    algorithm, _, digest = (stated or "").partition(":")
    hashing = hashlib.new(algorithm) if stated else None
    content.seek(0)
    while piece := content.read(_CHUNK):
        found = zlib.crc32(piece, found)
        if hashing is not None:
            hashing.update(piece)
    if checksum is not None and found != checksum:
        return "its checksum in the zip archive is another"
    if hashing is not None and hashing.hexdigest() != digest.lower():
        return f"its {algorithm} in {_PACKAGE} is another"
    return None


def _is_hash(path: Any, stated: Any) -> bool:
    if not isinstance(path, str) or not isinstance(stated, str):
        return False
    return stated.partition(":")[0] in _ALGORITHMS
