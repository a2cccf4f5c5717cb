"""What can still be read of a feed behind the place where its XML breaks.

XML has no way to go on after a defect, but the items of a feed do not need each other: each is
parsed alone.
"""

import itertools
import re
from collections.abc import Iterator

_ITEM_START = re.compile(r"<((?:[\w.\-]{1,40}:)?(?:item|entry))(?=[\s>])")
_ITEM_END = re.compile(r"</(?:[\w.\-]{1,40}:)?(?:item|entry)\s{0,100}>")
_NAMESPACE = re.compile(r"""\sxmlns(?::[\w.\-]{1,40})?\s?=\s?(?:"[^"<]{0,300}"|'[^'<]{0,300}')""")
_ROOT = re.compile(r"<[A-Za-z_][\w.\-:]{0,80}")
_TAG = re.compile(r"</?[A-Za-z_][^<>]{0,3000}>")
_VALUE = re.compile(r""""[^"]*"|'[^']*'""")
_PREFIX = re.compile(r"[</\s]([A-Za-z_][\w.\-]{0,39}):[A-Za-z_]")
_USED = re.compile(r"[</\s]([\w.\-]{1,40}):")
_KNOWN = {
    "content": "http://purl.org/rss/1.0/modules/content/",
    "media": "http://search.yahoo.com/mrss/",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
}
_OPENING = re.compile(r"<!\[CDATA\[|<!--")
_CLOSING = {"<![CDATA[": "]]>", "<!--": "-->"}


def items_alone(text: str, done: int) -> Iterator[str]:
    """Each item of a feed but the first ``done``, as a document of its own, in its order.

    The root of each declares the namespaces of the feed that it uses. An item that is not closed
    goes on to the next one, and is closed there.

    >>> list(items_alone("<rss><item>a</item><item>b</b><item>c", 1))
    ['<feed><item>b</b></item></feed>', '<feed><item>c</feed>']
    """
    markup = _mask(text)
    found = [(match.start(), match[1]) for match in _ITEM_START.finditer(markup)]
    starts = [start for start, _ in found]
    if not starts:
        return
    declared = {
        space.partition("=")[0].strip(): space for space in _NAMESPACE.findall(text[: starts[0]])
    }
    places = [*found[done:], (len(text), "")]  # the end alone, where all are read
    for (start, name), (limit, follows) in itertools.pairwise(places):
        end = _ITEM_END.search(markup, start, limit)
        item = text[start : end.end() if end else limit]
        if end is None and follows:  # else who knows what is missing
            item += f"</{name}>"
        # Only what it uses: the declarations of all, for each item, would be quadratic.
        names = ["xmlns", *(f"xmlns:{name}" for name in sorted(set(_USED.findall(item))))]
        spaces = "".join(declared.get(name, "") for name in names)
        yield f"<feed{spaces}>{item}</feed>"


def bind_prefixes(text: str) -> str:
    """The feed with a declaration, on its root, of each prefix that it declares nowhere.

    >>> bind_prefixes("<rss><content:encoded>a</content:encoded></rss>")
    '<rss xmlns:content="http://purl.org/rss/1.0/modules/content/"><content:encoded>a</content:encoded></rss>'
    """
    markup = _mask(text)
    used = {
        prefix
        for tag in _TAG.finditer(markup)
        if ":" in tag[0]
        for prefix in _PREFIX.findall(_VALUE.sub("", tag[0]))
    }
    declared = {space.partition("=")[0].strip()[6:] for space in _NAMESPACE.findall(markup)}
    root = _ROOT.search(markup)
    missing = sorted(used - declared - {"xml", "xmlns"})
    if root is None or not missing:
        return text
    spaces = [f' xmlns:{name}="{_KNOWN.get(name, f"urn:undeclared:{name}")}"' for name in missing]
    return text[: root.end()] + "".join(spaces) + text[root.end() :]


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
