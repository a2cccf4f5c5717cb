"""What can still be read of a feed behind the place where its XML breaks.

XML has no way to go on after a defect, but the items of a feed do not need each other: each is
parsed alone.
"""

import re
from collections.abc import Iterator

_ITEM_START = re.compile(r"<(?:[\w.\-]{1,40}:)?(?:item|entry)(?=[\s>])")
_ITEM_END = re.compile(r"</(?:[\w.\-]{1,40}:)?(?:item|entry)\s{0,100}>")
_NAMESPACE = re.compile(r"""\sxmlns(?::[\w.\-]{1,40})?\s?=\s?(?:"[^"<]{0,300}"|'[^'<]{0,300}')""")
_OPENING = re.compile(r"<!\[CDATA\[|<!--")
_CLOSING = {"<![CDATA[": "]]>", "<!--": "-->"}


def items_alone(text: str, done: int) -> Iterator[str]:
    """Each item of a feed but the first ``done``, as a document of its own, in its order.

    The root of each declares the namespaces of the feed. An item that is not closed goes on to
    the next one.

    >>> list(items_alone("<rss><item>a</item><item>b</b></item><item>c", 1))
    ['<feed><item>b</b></item></feed>', '<feed><item>c</feed>']
    """
    markup = _mask(text)
    starts = [match.start() for match in _ITEM_START.finditer(markup)]
    if not starts:
        return
    declared = {
        space.partition("=")[0].strip(): space for space in _NAMESPACE.findall(text[: starts[0]])
    }
    root = f"<feed{''.join(declared.values())}>"
    for start, limit in zip(starts[done:], [*starts[done + 1 :], len(text)], strict=True):
        end = _ITEM_END.search(markup, start, limit)
        yield f"{root}{text[start : end.end() if end else limit]}</feed>"


def _mask(text: str) -> str:
    """The text with blanks for what only looks like markup, each character in its place."""
    parts = []
    at = 0
    for opening in _OPENING.finditer(text):
        if opening.start() < at:
            continue
        closing = _CLOSING[opening[0]]
        end = text.find(closing, opening.end())
        if end < 0:
            break
        end += len(closing)
        parts += [text[at : opening.start()], " " * (end - opening.start())]
        at = end
    parts.append(text[at:])
    return "".join(parts)
