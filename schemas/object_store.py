"""URIs of storage that Arrow knows (s3://, gs://, hdfs://), and clients for it."""

from functools import lru_cache

import pyarrow.fs


def is_remote(root: str) -> bool:
    """Whether ``root`` is a URI and not a local path."""
    return "://" in root


def split_query(uri: str) -> tuple[str, str]:
    """A URI without its options, and the options with their question mark.

    >>> split_query("s3://bucket/dumps/?region=eu-west-1")
    ('s3://bucket/dumps', '?region=eu-west-1')
    """
    place, mark, options = uri.partition("?")
    return place.rstrip("/"), mark + options


@lru_cache(maxsize=8)
def connect(uri: str) -> tuple[pyarrow.fs.FileSystem, str]:
    """File system and path of a URI; one client serves all files below it.

    Raises:
        OSError, pyarrow.ArrowInvalid: it is no URI that Arrow knows, or cannot be reached.
    """
    files, path = pyarrow.fs.FileSystem.from_uri(uri)
    return files, path
