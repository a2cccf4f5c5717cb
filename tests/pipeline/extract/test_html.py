import gzip
import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extract.html import (
    MAX_BYTES,
    extract_page,
    extract_text,
    fragment_text,
    read_blocks,
)
from pipeline.extract.html_scan import MAX_BLOCKS

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


def test_of_binary_content_nothing_comes() -> None:
    pdf = b"%PDF-1.4\n1 0 obj << /Title (Tea) >> stream\n" + bytes(range(256)) * 20
    assert extract_text(pdf) == ""
    assert extract_page(pdf).title is None
    assert extract_text(gzip.compress(PAGE.encode())) == ""
    assert extract_text(b'{"title": "tea and water"}') == '{"title": "tea and water"}'


def test_a_text_in_the_place_of_bytes_is_refused_in_words() -> None:
    with pytest.raises(TypeError, match="html must be the bytes of a page, not str; text: encode"):
        extract_text(PAGE)  # type: ignore[arg-type]


@given(st.binary(max_size=400))
def test_nothing_makes_it_raise(html: bytes) -> None:
    assert isinstance(extract_text(html), str)


XHTML_BODY = (
    "<head><title>Tea</title><script src='a.js'/><style type='text/css'/></head><body>"
    "<p>The tea is hot and we all drink it now, in the garden.</p>"
    "<p><![CDATA[The second paragraph is of <b> & of more words than one.]]></p><textarea/>"
    "<p>The third paragraph is here, and it is the last one of them all.</p></body></html>"
)


@pytest.mark.parametrize("start", ["", "<?xml version='1.0'?>", "\n<!-- a page -->"])
def test_xhtml_is_read_as_xml_by_its_name_space_alone(start: str) -> None:
    page = f"{start}<html xmlns='http://www.w3.org/1999/xhtml'>{XHTML_BODY}"
    assert extract_text(page.encode()) == (
        "The tea is hot and we all drink it now, in the garden.\n\n"
        "The second paragraph is of <b> & of more words than one.\n\n"
        "The third paragraph is here, and it is the last one of them all."
    )


def test_html_knows_no_sections_of_characters() -> None:
    page = "<!doctype html><p>The tea is hot, and we drink it.<![CDATA[ no text <b>]]> All of it."
    assert "no text" not in extract_text(page.encode())


def test_references_to_no_character_are_no_error() -> None:
    digits = "1" * 9000
    html = f"<title>a&#{digits};</title><p>The tea &#{digits}; was hot and it was good to us all."
    assert "The tea \ufffd was hot" in extract_text(html.encode())


@given(
    st.lists(st.sampled_from(["<p>", "</div>", "<table>", "<td>", "a b", "<b", "&amp;", "<!--"]))
)
def test_tag_soup_is_read(pieces: list[str]) -> None:
    assert "<td>" not in extract_text("".join(pieces).encode())


@pytest.mark.parametrize("tag", ["div", "span", "b", "table><tr><td", "ul><li", "blockquote"])
def test_absurd_nesting_takes_time_in_its_length(tag: str) -> None:
    def seconds(count: int) -> float:
        html = (f"<{tag}>" * count + "<p>the text at the bottom of it all</p>").encode()
        started = time.process_time()
        extract_text(html)
        return time.process_time() - started

    seconds(100)
    assert seconds(200_000) < 40 * seconds(20_000) + 0.1


def test_of_an_absurdly_long_page_the_beginning_is_read() -> None:
    html = PAGE.encode() + b"<div>" * (MAX_BYTES // 5) + b"<p>beyond</p>"
    assert read_blocks(html).title == "茶 与 水"
    assert b"beyond" not in read_blocks(html).text.tobytes()


def test_a_page_of_too_many_blocks_says_so() -> None:
    page = extract_page(b"<p>tea" * (MAX_BLOCKS + 1))
    assert page.is_cut and not extract_page(b"<p>tea" * 1000).is_cut
    assert fragment_text("<p>tea" * (MAX_BLOCKS + 1)).count("tea") == MAX_BLOCKS + 1


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


PARTS = st.lists(
    st.sampled_from(
        [
            "<p>",
            "</p>",
            "<div class=post>",
            "</div>",
            "<li>",
            "<a href=x>",
            "</a>",
            "<table><tr><td>",
            "</table>",
            "<br>",
            "<h2>",
            "<script>var hidden = 1</script>",
            "The rain fell, and the mill turned on. ",
            "下雨了，水磨转个不停。",
            "One. ",
        ]
    ),
    max_size=40,
)


@given(PARTS)
def test_the_text_is_a_part_of_the_page_in_its_order(parts: list[str]) -> None:
    def letters(text: str) -> str:
        return "".join(filter(str.isalnum, text))

    whole = iter(letters("".join(part for part in parts if part[0] != "<")))
    text = extract_text(("<title>mill</title><article>" + "".join(parts)).encode())
    assert all(letter in whole for letter in letters(text))  # a subsequence
    assert "<" not in text and "hidden" not in text


NOISE_ABOVE = """<header><nav><ul><li><a href=/>{home}</a><li><a href=/n>{home} 2</a></ul></nav>
</header><div class="cookie-banner"><p>{notice}</p><button>OK</button></div>"""
NOISE_BELOW = """<aside class="related-posts"><h3>{home}</h3><ul><li><a href=/1>{home} 3</a>
<li><a href=/2>{home} 4</a></ul></aside><footer><p>© 2024 {home}</p></footer>"""
STORIES = {
    "en": ("More news", "This site uses cookies. By going on you agree.", [
        "The old water mill at the end of the valley turned again this week, after years.",
        "Neighbours brought bread, cheese and many questions, and stayed till evening.",
        "“It sounds like rain on a tin roof,” said the miller, who learned it from his aunt.",
    ]),
    "zh": ("更多新闻", "本网站使用 Cookie，继续浏览即表示同意。", [
        "山谷尽头的老水磨停了九年，本周终于又转了起来，村里的人都赶来看热闹。",
        "邻居们带来了面包、奶酪和许多问题，一直坐到天黑才依依不舍地回家去。",
        "磨坊主说，水磨的声音像雨点打在铁皮屋顶上，这门手艺是他从姑姑那里学来的。",
    ]),
    "ja": ("関連ニュース", "当サイトはクッキーを使用しています。", [
        "谷の奥の古い水車が、九年ぶりに今週ふたたび回りはじめ、村の人々が集まった。",
        "近所の人たちはパンやチーズを持ち寄り、質問をしながら夕方まで過ごした。",
        "「トタン屋根に落ちる雨のような音だ」と、叔母から仕事を習った粉屋は話している。",
    ]),
    "de": ("Mehr Nachrichten", "Diese Seite verwendet Cookies. Mehr erfahren.", [
        "Die alte Wassermühle am Ende des Tals dreht sich seit heute wieder, nach neun Jahren.",
        "Nachbarn brachten Brot, Käse und viele Fragen mit und blieben, bis es dunkel wurde.",
        "„Es klingt wie Regen auf Blech“, sagte der Müller, der das Handwerk von seiner Tante hat.",
    ]),
}  # fmt: skip


@pytest.mark.parametrize("language", STORIES)
def test_the_story_is_told_from_what_surrounds_it(language: str) -> None:
    home, notice, paragraphs = STORIES[language]
    html = (
        f"<!DOCTYPE html><html lang={language}><meta charset=utf-8>"
        f"<title>{paragraphs[0][:9]}</title>"
        + NOISE_ABOVE.format(home=home, notice=notice)
        + '<div class="article-body">'
        + "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs * 2)
        + "</div>"
        + NOISE_BELOW.format(home=home)
        + "</html>"
    )
    assert extract_text(html.encode()) == "\n\n".join(paragraphs * 2)


def test_hidden_text_counts_only_where_it_is_all_there_is() -> None:
    paragraphs = "".join(f"<p>{paragraph}</p>" for paragraph in STORIES["en"][2])
    hidden = f"<div style='display:none'>{paragraphs}</div>"
    both = extract_text(f"<title>mill</title><article>{paragraphs}</article>{hidden}".encode())
    assert both.count(STORIES["en"][2][0]) == 1
    assert STORIES["en"][2][1] in extract_text(f"<title>mill</title>{hidden}".encode())


TEA, CUP = (
    f"<p>The {word} stood in the garden until the evening came and the birds fell silent.</p>"
    for word in ("tea", "cup")
)
SHOWN = [part[3:-4] for part in (TEA, CUP)]


def story(html: str) -> list[str]:
    page = f"<html><body><article>{html}</article></body></html>"
    return extract_text(page.encode()).split("\n\n")


def test_a_shadow_root_is_shown_and_a_template_is_not() -> None:
    for attribute in ("shadowrootmode=open", 'id="x" ShadowRootMode="closed"', "shadowroot=open"):
        assert story(f"<x-a><template {attribute.lower()}>{TEA}</template>{CUP}</x-a>") == SHOWN
    nested = f"<template shadowrootmode=open>{TEA}<template><p>no</template></template>{CUP}"
    assert story(nested) == SHOWN
    assert story(f"<template id=shadowroot>{CUP}</template>{TEA}") == SHOWN[:1]


def test_a_button_that_is_a_heading_is_one() -> None:
    question = "How hot should the water be?"
    folded = f"{CUP}<h3><button aria-expanded=false>{question}</button></h3>{TEA}"
    assert story(folded) == [SHOWN[1], question, SHOWN[0]]
    assert story(f"{TEA}<button>{question}</button>{CUP}") == SHOWN


@pytest.mark.parametrize("tag", ["amp-ad", "amp-sticky-ad", "amp-embed", "amp-sidebar"])
def test_what_amp_puts_around_a_story_is_left_out(tag: str) -> None:
    assert story(f"{TEA}<{tag} width=300><p>Buy the things that we sell.</{tag}>{CUP}") == SHOWN


@pytest.mark.parametrize(
    "tag", ["select", "button", "template", "svg", "canvas", "object", "video"]
)
def test_an_open_block_in_what_is_no_text_does_not_swallow_the_page(tag: str) -> None:
    assert story(f"{TEA}<{tag}><div>no<p>no</{tag}>{CUP}") == SHOWN


def test_without_other_text_that_for_readers_without_scripts_is_read() -> None:
    page = "<html><body><div id=root></div><noscript>{}</noscript></body></html>"
    assert extract_text(page.format((TEA + CUP) * 3).encode()).split("\n\n") == SHOWN * 3
    assert extract_text(page.format("You need to enable JavaScript to run this.").encode()) == ""
    asked = story(f"{TEA}{CUP}<noscript>{'<p>Please turn JavaScript on.' * 30}</noscript>")
    assert asked == SHOWN


@pytest.mark.parametrize("encoding", ["utf-32", "utf-32-be", "utf-32-le", "utf-16-le", "utf-16-be"])
def test_wide_units_are_told_by_how_markup_begins(encoding: str) -> None:
    page = f"<html><body><article>{TEA}{CUP}</article></body></html>"
    assert extract_text(page.encode(encoding)).split("\n\n") == SHOWN
