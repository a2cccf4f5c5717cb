"""Made-up pages of many like parts, from the sentences of gold pages: forums, answers, entries.

The gold sets hold articles. What a model learns from them alone is that whatever comes late on a
page, or often, is no main text; of a thread of a hundred posts it would keep the first thirty.
"""

import html
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.extract.html_gold import GoldPage

SERIES = "series"
_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n+")
_FEWEST_SENTENCES, _SHORTEST = 10, 15
_FEWEST, _MOST = 4, 300
"""Parts of a page, drawn evenly on a scale of ratios."""
_MOST_BYTES = 200_000
_ARTICLES = 0.35
"""Share of pages whose main text is an article, and the many parts stand beside it."""
_NAMES = (
    "anna",
    "ben77",
    "Cho",
    "d_ortiz",
    "Elif K.",
    "finn",
    "王小明",
    "Hana",
    "moderator",
    "匿名",
)
_MENU = (
    "Home", "News", "Forum", "Login", "Register", "About us", "Contact", "Search", "FAQ", "Shop",
    "首页", "论坛", "登录", "帮助", "Kontakt", "Accueil", "Help", "Downloads", "Blog", "Wiki",
)  # fmt: skip
_ACTIONS = ("Reply", "Quote", "Like", "Report", "Share", "Edit", "#", "Link", "回复", "Top", "Flag")
_RIGHTS = (
    "© 2014 All rights reserved.",
    "Powered by open software. Terms of use. Privacy policy.",
    "Copyright 2009–2021. Imprint and contact.",
)
# Parts: (element around all, element of a part, element of its text).
_SHAPES = (
    ("div", "div", "div"), ("div", "div", "p"), ("section", "article", "p"), ("ol", "li", "p"),
    ("ul", "li", "div"), ("ul", "li", ""), ("table", "tr", "td"), ("div", "table", "td"),
    ("dl", "dd", "p"), ("main", "section", "p"), ("article", "div", "blockquote"), ("div", "", "p"),
)  # fmt: skip
_AROUND = ("", "content", "main", "thread", "list", "posts", "page", "entries", "x12", "body")
_PART = ("", "post", "item", "message", "entry", "row", "answer", "node", "b7", "card", "function")
_TEXT = ("", "", "text", "content", "bd", "description", "postbody", "t")


_ASIDES = ("", "more", "related", "sidebar", "widget", "also", "next", "stories", "block")
_REMARKS = ("comments", "comment-list", "responses comments", "discussion comments")


@dataclass(frozen=True, slots=True)
class _Form:
    """What all parts of one page have in common; elements and classes may be empty."""

    around: str
    part: str
    text: str
    part_class: str
    text_class: str
    heading: str
    heading_link: str
    """Begin of the address that a heading links to."""
    has_byline: bool
    has_actions: bool
    most_paragraphs: int
    most_sentences: int


class _Maker:
    """Draws one page; ``gold`` collects its main text.

    Main text and what stands beside it are of different sentences, or labels would mix them up.
    """

    def __init__(self, sentences: Sequence[str], draw: random.Random) -> None:
        self.sentences = sentences[::2]
        self.others = sentences[1::2]
        self.draw = draw
        self.gold: list[str] = []

    def page(self) -> tuple[str, str]:
        """HTML and main text."""
        draw = self.draw
        title = draw.choice(self.sentences)[:60]
        top = ""
        if draw.random() < 0.7:
            top = f"<h1>{html.escape(title)}</h1>"
            self.gold.append(title)
        is_article = draw.random() < _ARTICLES
        main = self.article() if is_article else self.series()
        beside = draw.choice((self.teasers, self.links, self.remarks if is_article else self.links))
        has_beside = is_article or draw.random() < 0.5
        body = top + main + (beside() if has_beside else "")
        foot = draw.choice(("footer", "div", "p"))
        return (
            f"<!doctype html><html><head><title>{html.escape(title)}</title></head><body>"
            f"{self.menu()}{body}{self.menu() if draw.random() < 0.4 else ''}"
            f"<{foot}>{draw.choice(_RIGHTS)}</{foot}></body></html>"
        ), "\n".join(self.gold)

    def series(self) -> str:
        """Many like parts, all of them main text."""
        form = _draw_form(self.draw)
        inner = self.repeat(lambda number: self.part(form, number))
        return self.element(form.around, self.draw.choice(_AROUND), inner)

    def article(self) -> str:
        """A few long paragraphs."""
        paragraphs = [
            " ".join(self.draw.choices(self.sentences, k=self.draw.randint(1, 5)))
            for _ in range(self.draw.randint(3, 20))
        ]
        self.gold += paragraphs
        inner = "".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in paragraphs)
        return self.element(self.draw.choice(("div", "article", "main")), "", inner)

    def teasers(self) -> str:
        """Headings and first sentences of other pages."""
        draw = self.draw
        part, name = draw.choice(("div", "li", "article")), draw.choice(_PART)
        tag = draw.choice(("h3", "h4", "h5", "div"))
        is_inside = draw.random() < 0.5

        def teaser(number: int) -> str:
            heading, sentence = (
                html.escape(self.words(self.others)),
                html.escape(draw.choice(self.others)),
            )
            link = f'<a href="/n/{number}">'
            head = (
                f"<{tag}>{link}{heading}</a></{tag}>"
                if is_inside
                else f"{link}<{tag}>{heading}</{tag}></a>"
            )
            return self.element(part, name, f"{head}<p>{sentence}</p>")

        inner = self.repeat(teaser)
        return self.element("ul" if part == "li" else "div", draw.choice(_ASIDES), inner)

    def links(self) -> str:
        """A list of nothing but links."""
        inner = self.repeat(
            lambda number: (
                f'<li><a href="/l/{number}">{html.escape(self.words(self.others))}</a></li>'
            )
        )
        return self.element("ul", self.draw.choice(_ASIDES), inner)

    def remarks(self) -> str:
        """What readers wrote below an article."""
        name = self.draw.choice(_REMARKS)

        def remark(number: int) -> str:
            text = html.escape(self.draw.choice(self.others))
            return f'<li class="comment">{self.byline(number)}<p>{text}</p></li>'

        return f'<div class="{name}"><h3>Comments</h3><ul>{self.repeat(remark)}</ul></div>'

    def repeat(self, make: Callable[[int], str]) -> str:
        """So many parts as a page has."""
        parts: list[str] = []
        size = 0
        for number in range(round(_FEWEST * (_MOST / _FEWEST) ** self.draw.random())):
            parts.append(make(number))
            size += len(parts[-1])
            if size > _MOST_BYTES:
                break
        return "".join(parts)

    def part(self, form: _Form, number: int) -> str:
        draw = self.draw
        pieces = []
        if form.heading:
            heading = self.words(self.sentences)
            inner = html.escape(heading)
            if form.heading_link:
                inner = f'<a href="{form.heading_link}{number}">{inner}</a>'
            pieces.append(f"<{form.heading}>{inner}</{form.heading}>")
            self.gold.append(heading)
        if form.has_byline:
            pieces.append(self.byline(number))
        for _ in range(draw.randint(1, form.most_paragraphs)):
            count = draw.randint(1, form.most_sentences)
            paragraph = " ".join(draw.choices(self.sentences, k=count))
            pieces.append(self.element(form.text, form.text_class, html.escape(paragraph)))
            self.gold.append(paragraph)
        if form.has_actions:
            actions = draw.sample(_ACTIONS, draw.randint(1, 3))
            pieces.append(
                "<div>" + " ".join(f'<a href="/a/{number}">{a}</a>' for a in actions) + "</div>"
            )
        return self.element(form.part, form.part_class, "".join(pieces))

    def words(self, sentences: Sequence[str]) -> str:
        return " ".join(self.draw.choice(sentences).split()[: self.draw.randint(1, 8)])[:60]

    def byline(self, number: int) -> str:
        draw = self.draw
        return (
            f'<div class="author"><a href="/u/{number}">{draw.choice(_NAMES)}</a> '
            f"{draw.randint(1, 28)}.{draw.randint(1, 12)}.20{draw.randint(10, 24)} "
            f"{draw.randint(10, 23)}:{draw.randint(10, 59)}</div>"
        )

    def menu(self) -> str:
        links = "".join(
            f'<li><a href="/{i}">{name}</a></li>'
            for i, name in enumerate(self.draw.sample(_MENU, self.draw.randint(2, 12)))
        )
        tag = self.draw.choice(("nav", "div", "header"))
        return f"<{tag}><ul>{links}</ul></{tag}>"

    def element(self, tag: str, name: str, inner: str) -> str:
        if not tag:
            return inner
        attribute = f' class="{name}"' if name else ""
        if tag == "tr":
            return f"<tr{attribute}><td>{self.draw.choice(_NAMES)}</td>{inner}</tr>"
        return f"<{tag}{attribute}>{inner}</{tag}>"


def make_series(pages: Sequence[GoldPage], seed: int = 0) -> list[GoldPage]:
    """One page of many like parts for each page with a long enough text, with its gold.

    A made page has the id and the site of the page that its sentences are from, so that halves
    and folds by site hold. The same pages and seed give the same result.
    """
    made = []
    for page in pages:
        found = map(str.strip, _SENTENCE.split(page.text or ""))
        sentences = [s for s in dict.fromkeys(found) if len(s) >= _SHORTEST]
        if len(sentences) >= _FEWEST_SENTENCES:
            maker = _Maker(sentences, random.Random(f"{seed} {page.page_id}"))
            text, gold = maker.page()
            made.append(GoldPage(SERIES, page.page_id, page.site, text.encode(), gold))
    return made


def _draw_form(draw: random.Random) -> _Form:
    around, part, text = draw.choice(_SHAPES)
    has_heading = draw.random() < 0.4 or not part
    return _Form(
        around,
        part,
        text,
        draw.choice(_PART),
        draw.choice(_TEXT),
        draw.choice(("h2", "h3", "h4", "h5", "dt")) if has_heading else "",
        draw.choice(("", "", "#s", "#", "/t/")),
        bool(part) and draw.random() < 0.6,
        bool(part) and draw.random() < 0.5,
        draw.choice((1, 1, 1, 2, 3)),
        draw.choice((1, 1, 2, 4)),
    )
