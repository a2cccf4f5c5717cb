"""URLs under which the same page is known, folded to one key."""

from urllib.parse import urlsplit

import pyarrow as pa

_DEFAULT_PORT = {"http": 80, "https": 443}


def url_key(url: str) -> str | None:
    """The URL without what names no other page: scheme, case of the host, ``www.``, the default
    port, the fragment, and a slash at the end; ``None`` where it is no web address.

    The query stays as it is: it often names the page.

    >>> url_key("HTTP://www.Example.org:80/News/?id=7#top")
    'example.org/News?id=7'
    >>> url_key("https://example.org") == url_key("http://example.org/")
    True
    >>> url_key("urn:isbn:9780141439518") is None
    True
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORT or not parts.hostname:
        return None
    host = parts.hostname.removeprefix("www.")
    if port is not None and port != _DEFAULT_PORT[scheme]:
        host = f"{host}:{port}"
    query = f"?{parts.query}" if parts.query else ""
    return f"{host}{parts.path.rstrip('/')}{query}"


def url_keys(urls: pa.Array) -> pa.Array:
    """``url_key`` of each URL, string; null stays null."""
    return pa.array(
        [None if url is None else url_key(url) for url in urls.to_pylist()], pa.string()
    )
