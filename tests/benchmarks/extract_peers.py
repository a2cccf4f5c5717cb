"""Run one peer over pages; it lives in an environment of its own (.venv-bench).

Standard input: one JSON object per line with ``html`` (base64). Standard output: one JSON object
with ``texts``, ``seconds`` (CPU time of one pass, after a warm-up) and ``version``.
"""

import base64
import importlib.metadata
import json
import logging
import sys
import time
from collections.abc import Callable


def trafilatura() -> Callable[[bytes], str]:
    import trafilatura

    return lambda html: trafilatura.extract(html) or ""


def resiliparse() -> Callable[[bytes], str]:
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.encoding import detect_encoding
    from resiliparse.parse.html import HTMLTree

    def extract(html: bytes) -> str:
        tree = HTMLTree.parse_from_bytes(html, detect_encoding(html))
        return extract_plain_text(tree, main_content=True)

    return extract


def readability() -> Callable[[bytes], str]:
    import lxml.html
    from readability import Document

    def extract(html: bytes) -> str:
        summary = Document(html).summary(html_partial=True)
        return "\n".join(lxml.html.fromstring(summary or "<p></p>").itertext())

    return extract


PEERS = {"trafilatura": trafilatura, "resiliparse": resiliparse, "readability": readability}
PACKAGES = {"readability": "readability-lxml"}


def main() -> None:
    name = sys.argv[1]
    logging.disable(logging.CRITICAL)
    extract = PEERS[name]()
    pages = [base64.b64decode(json.loads(line)["html"]) for line in sys.stdin]
    for html in pages[:10]:
        _guarded(extract, html)
    start = time.process_time()
    texts = [_guarded(extract, html) for html in pages]
    seconds = time.process_time() - start
    version = importlib.metadata.version(PACKAGES.get(name, name))
    json.dump({"texts": texts, "seconds": seconds, "version": version}, sys.stdout)


def _guarded(extract: Callable[[bytes], str], html: bytes) -> str:
    """A peer that gives up on a page found nothing there."""
    try:
        return extract(html)
    except Exception:
        return ""


if __name__ == "__main__":
    main()
