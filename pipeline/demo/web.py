"""Web pages of three sites, and the WARC files of a crawl of them."""

import base64
import gzip
import hashlib
import uuid
from collections.abc import Collection, Iterable, Sequence
from html import escape

from pipeline.demo.items import Item, number_of

HOSTS = ("www.hillside-review.example", "notes.tin-kettle.example", "daily.lowland.example")
_MEDIA_TYPES = {"picture": "image/png"}
_PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
)
# What a page says around its text: navigation, cookie notice, heading of the links, footer.
_CHROME = {
    "en": (
        ("Home", "News", "Archive", "Shop", "About us", "Contact"),
        "This website uses cookies. By continuing to browse you accept our cookie policy.",
        "Most read",
        "All rights reserved. Imprint. Privacy policy. Terms of use.",
    ),
    "zh": (
        ("首页", "新闻", "专题", "论坛", "关于我们", "联系方式"),
        "本网站使用 Cookie，继续浏览即表示您同意我们的隐私政策。",
        "热门文章",
        "版权所有 未经许可不得转载 网站地图 意见反馈",
    ),
    "ja": (
        ("ホーム", "ニュース", "特集", "会社案内", "お問い合わせ"),
        "当サイトではクッキーを使用しています。",
        "人気記事",
        "無断転載を禁じます プライバシーポリシー",
    ),
    "de": (
        ("Startseite", "Nachrichten", "Archiv", "Über uns", "Kontakt"),
        "Diese Seite verwendet Cookies. Mit der Nutzung stimmen Sie dem zu.",
        "Meistgelesen",
        "Alle Rechte vorbehalten. Impressum. Datenschutz.",
    ),
}
_PAGE = """\
<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="{charset}">
<title>{title} | {site}</title>
<meta property="article:published_time" content="{moment}">
<meta name="viewport" content="width=device-width">
<link rel="stylesheet" href="/static/site.css">
<style>body {{ margin: 0 }} .cookie {{ position: fixed }}</style>
<script>window.tracker = function (page) {{ return "visited " + page; }};</script>
</head>
<body>
<header><a class="logo" href="/">{site}</a>
<nav><ul>{navigation}</ul></nav></header>
<div class="cookie" role="dialog"><p>{cookies}</p><button>OK</button></div>
<main><article>
<h1>{title}</h1>
<p class="byline">{date}</p>
{body}
</article>
<aside class="sidebar"><h3>{heading}</h3><ul>{links}</ul></aside></main>
<footer><p>{footer}</p></footer>
<script>tracker(location.pathname);</script>
</body>
</html>
"""


def page_html(item: Item, neighbours: Sequence[Item] = ()) -> str:
    """The page of an item, with links to its neighbours."""
    navigation, cookies, heading, footer = _CHROME.get(item.language, _CHROME["en"])
    links = [(neighbour.name, neighbour.title) for neighbour in neighbours]
    if item.form == "menu":
        links = [
            (f"topic-{place}", f"{word} {place}") for place in range(1, 30) for word in navigation
        ]
    return _PAGE.format(
        language=item.language,
        charset="gb2312" if item.encoding == "gb18030" else item.encoding,
        title=escape(item.title),
        site=host_of(item),
        navigation="".join(
            f'<li><a href="/{n}">{name}</a></li>' for n, name in enumerate(navigation)
        ),
        cookies=cookies,
        date=f"{item.published:%Y-%m-%d %H:%M}",
        moment=item.published.isoformat(),
        body="\n".join(f"<p>{escape(text)}</p>" for text in item.paragraphs if text),
        heading=heading,
        links="".join(f'<li><a href="/{name}">{escape(title)}</a></li>' for name, title in links),
        footer=footer,
    )


def host_of(item: Item) -> str:
    """The site that has the item."""
    return HOSTS[number_of(item.name) % len(HOSTS)]


def warc_file(
    name: str, items: Sequence[Item], *, requested: Collection[str] = (), cut: bool = False
) -> bytes:
    """A crawl in WARC 1.0, one gzip member per record.

    Args:
        name: the file's own name, which its first record states.
        requested: names of the items for which the crawler's request is stored as well.
        cut: leave out the second half of the last record.
    """
    facts = f"software: demo\r\nformat: WARC File Format 1.0\r\nfilename: {name}\r\n"
    members = [
        _record("warcinfo", name, "2024-05-01T00:00:00Z", facts.encode(), "application/warc-fields")
    ]
    for place, item in enumerate(items):
        if item.name in requested:
            members.append(_request(item))
        # Not by place in the list: the same page must be the same record in every file.
        members.append(_response(item, items[:3] if item.form == "article" and place > 2 else ()))
    if cut:
        members[-1] = members[-1][: len(members[-1]) // 2]
    return b"".join(members)


def _address(item: Item) -> str:
    return f"https://{host_of(item)}/{item.language}/{item.name}"


def _moment(item: Item) -> str:
    return item.published.strftime("%Y-%m-%dT%H:%M:%SZ")


def _request(item: Item) -> bytes:
    message = (
        f"GET /{item.language}/{item.name} HTTP/1.1\r\nHost: {host_of(item)}\r\n"
        "User-Agent: demo-crawler/1.0\r\nAccept: text/html\r\n\r\n"
    )
    media_type = "application/http; msgtype=request"
    return _record("request", _address(item), _moment(item), message.encode(), media_type)


def _response(item: Item, neighbours: Sequence[Item]) -> bytes:
    status, headers = "200 OK", [f"Content-Type: {_MEDIA_TYPES.get(item.form, 'text/html')}"]
    body = page_html(item, neighbours).encode(item.encoding)
    if item.form == "picture":
        body = _PIXEL
    elif item.form == "missing":
        status = "404 Not Found"
    elif item.form == "compressed":
        headers += ["Content-Encoding: gzip", "Transfer-Encoding: chunked"]
        body = _chunked(gzip.compress(body, mtime=0))
    elif item.form == "revisit":
        status, body = "304 Not Modified", b""
    if item.form != "compressed":
        headers.append(f"Content-Length: {len(body)}")
    head = "\r\n".join([f"HTTP/1.1 {status}", *headers, "Server: demo", "", ""])
    return _record(
        "revisit" if item.form == "revisit" else "response",
        _address(item),
        _moment(item),
        head.encode() + body,
        "application/http; msgtype=response",
        [f"WARC-Payload-Digest: {_digest(body)}"],
    )


def _chunked(body: bytes) -> bytes:
    parts = [body[start : start + 700] for start in range(0, len(body), 700)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in [*parts, b""])


def _record(
    kind: str, uri: str, date: str, block: bytes, media_type: str, extra: Iterable[str] = ()
) -> bytes:
    """One record as one gzip member."""
    identifier = uuid.uuid5(uuid.NAMESPACE_URL, f"{kind} {uri} {date}")
    target = f"WARC-Filename: {uri}" if kind == "warcinfo" else f"WARC-Target-URI: {uri}"
    head = "\r\n".join(
        [
            "WARC/1.0",
            f"WARC-Type: {kind}",
            f"WARC-Record-ID: <urn:uuid:{identifier}>",
            f"WARC-Date: {date}",
            target,
            f"WARC-Block-Digest: {_digest(block)}",
            *extra,
            f"Content-Type: {media_type}",
            f"Content-Length: {len(block)}",
            "",
            "",
        ]
    )
    return gzip.compress(head.encode() + block + b"\r\n\r\n", mtime=0)


def _digest(content: bytes) -> str:
    return (
        "sha1:" + base64.b32encode(hashlib.sha1(content, usedforsecurity=False).digest()).decode()
    )
