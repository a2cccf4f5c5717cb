import gzip
import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extract.html import extract_page, extract_text, fragment_text

PAGE = """<!DOCTYPE html><html lang="zh-CN"><head><title> 茶 与
水 </title><style>p { color: red }</style><link rel="license" href="https://example.org/by">
<script>var menu = "script text";</script></head><body>
<nav><a href="/">首页</a> <a href="/news">新闻</a></nav>
<div><div><article><h1>茶与水</h1><p>泡茶要用刚烧开的水，<b>红茶</b>尤其如此，绿茶则要凉一些再冲。</p>
<ul><li>第一步：用开水把茶壶温一温，再把水倒掉。</li>
<li>第二步：放进茶叶，多少看人数，也看口味。</li></ul>
<p>Second paragraph with an <a href="x">inline link</a> and <img src="x" alt="ALT TEXT">.</p>
</article></div></div><footer>Copyright</footer></body></html>"""


def test_the_article_and_nothing_around_it() -> None:
    text = extract_text(PAGE.encode())
    assert "泡茶要用刚烧开的水，红茶尤其如此，绿茶则要凉一些再冲。" in text
    assert "an inline link and" in text
    for noise in ("script text", "color: red", "ALT TEXT", "新闻", "<"):
        assert noise not in text
    assert "\n\n" in text and "再把水倒掉。\n" in text


def test_the_head_of_the_page() -> None:
    page = extract_page(PAGE.encode())
    assert (page.title, page.language) == ("茶 与 水", "zh-CN")
    assert page.licence == "https://example.org/by"


@pytest.mark.parametrize(
    ("encoding", "label"),
    [("gb18030", "gb2312"), ("gb18030", None), ("big5", "big5"), ("shift_jis", "shift_jis")],
)
def test_encodings(encoding: str, label: str | None) -> None:
    sentence = {
        "gb18030": "把热水倒在茶叶上，等几分钟，趁热慢慢喝。",
        "big5": "把熱水倒在茶葉上，等幾分鐘，趁熱慢慢喝。",
        "shift_jis": "茶葉にお湯を注いで、数分待ってから、ゆっくり飲みます。",
    }[encoding]
    html = f"<html><body><article><p>{sentence * 4}</p></article></body></html>"
    assert extract_text(html.encode(encoding), encoding=label) == sentence * 4


@given(st.binary(max_size=400))
def test_nothing_makes_it_raise(html: bytes) -> None:
    assert isinstance(extract_text(html), str)


@given(
    st.lists(st.sampled_from(["<p>", "</div>", "<table>", "<td>", "a b", "<b", "&amp;", "<!--"]))
)
def test_tag_soup_is_read(pieces: list[str]) -> None:
    assert "<td>" not in extract_text("".join(pieces).encode())


@pytest.mark.parametrize("tag", ["div", "span", "b", "table><tr><td", "ul><li", "blockquote"])
def test_absurd_nesting_takes_no_time(tag: str) -> None:
    html = f"<{tag}>" * 100_000 + "<p>the text at the bottom of it all</p>"
    started = time.process_time()
    extract_text(html.encode())
    assert time.process_time() - started < 20


def test_fragments() -> None:
    assert fragment_text("plain &amp; simple") == "plain & simple"
    assert fragment_text("no markup") == "no markup"
    assert fragment_text("<ul><li>a</li><li>b</li></ul>").split() == ["•", "a", "•", "b"]
    assert fragment_text("") == ""


def _word_scores(expected: str, found: str) -> tuple[float, float]:
    from collections import Counter

    want, got = Counter(expected.split()), Counter(found.split())
    common = sum((want & got).values())
    return common / max(1, sum(got.values())), common / max(1, sum(want.values()))


@pytest.mark.shared
def test_real_articles_are_found_nearly_whole(shared_data: Path) -> None:
    folder = shared_data / "html_extraction/scrapinghub"
    precisions, recalls = [], []
    with gzip.open(folder / "gold.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in list(lines)[:60]:
            gold = json.loads(line)
            html = gzip.decompress((folder / gold["html"]).read_bytes())
            precision, recall = _word_scores(gold["articleBody"], extract_text(html))
            precisions.append(precision)
            recalls.append(recall)
    assert sum(recalls) / len(recalls) > 0.93
    assert sum(precisions) / len(precisions) > 0.8
