"""Credentials that a URI carries never reach what is stored or shown."""

import re

_URI = re.compile(r"""([a-z][a-z0-9+.\-]*)://([^\s'"]+)""", re.I)
_WITHOUT_PORTS = frozenset({"s3", "s3a", "s3n", "gs", "gcs", "abfs", "abfss"})
_SECRET = re.compile(r"key|secret|token|passw|pwd|credential|signature|^sig$|auth", re.I)
_PUNCTUATION = re.compile(r"[:,;.)\]]*$")


def redact(text: str) -> str:
    """The text, each URI in it without user, password and secret options.

    >>> redact("s3://AKIA:pass@bucket/dumps?region=eu-west-1&session_token=abc: not there")
    's3://bucket/dumps?region=eu-west-1: not there'
    """
    return _URI.sub(lambda found: f"{found[1]}://{_without_secrets(found[1], found[2])}", text)


def has_credentials(uri: str) -> bool:
    """Whether a URI carries any."""
    return redact(uri) != uri


def _without_secrets(scheme: str, rest: str) -> str:
    place, mark, query = rest.partition("?")
    authority = re.split(r"[/#]", place, maxsplit=1)[0]
    _, colon, port = authority.partition(":")
    has_port = port.isdecimal() and scheme.lower() not in _WITHOUT_PORTS
    if "@" in authority:
        place = place[authority.rindex("@") + 1 :]
    elif colon and not has_port and "@" in rest:
        # A secret with a bare slash or question mark: no valid URI, but told in errors.
        return _without_secrets(scheme, rest[rest.rindex("@") + 1 :])
    if not mark:
        return place
    end = _PUNCTUATION.search(query)
    tail = end[0] if end else ""
    options = query.removesuffix(tail).split("&")
    kept = [option for option in options if not _SECRET.search(option.partition("=")[0])]
    return place + (mark + "&".join(kept) if kept else "") + tail
