"""Cutting a page into blocks: tags, implied ends, attributes, places in the head."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extract.html_columns import (
    ADDRESSES,
    ATS,
    BARS,
    BOLD,
    BOXES,
    CELL_NODE,
    CHARS,
    COLON,
    END,
    ITALIC,
    ITEM_NODE,
    KINDS_AT,
    LANGUAGE,
    LICENCE,
    LINE,
    LINK_ENDS,
    LINK_STARTS,
    LINKED,
    LINKED_DATA,
    NODE,
    OPENS,
    PARENT,
    QUOTES,
    ROW_NODE,
    START,
    TAG,
    TITLE,
)
from pipeline.extract.html_scan import scan
from pipeline.extract.html_stack import MAX_DEPTH
from pipeline.extract.html_tags import HIDDEN_BIT, HINTS, STRUCTURES, TAGS


def read(html: str) -> tuple[list[str], np.ndarray, np.ndarray, np.ndarray]:
    text, blocks, nodes, head = scan(np.frombuffer(html.encode(), np.uint8))
    pieces = [text[block[START] : block[END]].tobytes().decode() for block in blocks]
    return pieces, blocks, nodes, head


def test_a_heading_that_links_to_itself_is_no_link() -> None:
    _, blocks, _, _ = read(
        "<h2><a href=#s>ab</a></h2><h2><a href=/s>ab</a></h2><h2><a href=#>ab</a></h2>"
        "<dl><dt><code><a href=#s>ab</a></code><dd><a href=#s>ab</a></dl>"
        "<ul><li><a href=#s>ab</a></ul>"
    )
    assert blocks[:, LINKED].tolist() == [0, 2, 2, 0, 2, 2]


def test_blocks_end_where_browsers_end_them() -> None:
    pieces, blocks, nodes, _ = read(
        "<div>a <b>b</b>\n c<p>d<p>e<ul><li>f<li>g</ul>h</div>"
        "<table><tr><td>1<td>2<tr><td>3</table>i"
    )
    assert pieces == ["a b c", "d", "e", "f", "g", "h", "1", "2", "3", "i"]
    tags = [nodes[node, TAG] for node in blocks[:, NODE]]
    names = ["div", "p", "p", "li", "li", "div", "td", "td", "td"]
    assert tags[:9] == [TAGS[name] for name in names] and tags[9] == 0
    assert blocks[6, ROW_NODE] == blocks[7, ROW_NODE] != blocks[8, ROW_NODE]
    assert len(set(blocks[6:9, CELL_NODE])) == 3
    assert blocks[3, ITEM_NODE] != blocks[4, ITEM_NODE] and blocks[5, ITEM_NODE] == -1


def test_one_break_is_a_line_and_two_are_a_paragraph() -> None:
    pieces, blocks, _, _ = read("<p>a<br>b<br/><br>c")
    assert pieces == ["a", "b", "c"]
    assert blocks[1:, LINE].tolist() == [1, 2]


def test_what_is_no_text_is_left_out() -> None:
    pieces, _, _, _ = read(
        "<style>p > b {}</style><script>'<p>x</p>'</script><!-- <p>y --><p>a<?php echo 1 ?></p>"
        "<select><option>1<option>2</select><textarea><b>z</b></textarea><!DOCTYPE html>b"
        "<svg><text>s</text></svg><template><p>t</p></template><button>u</button>1 < 2 & 3"
    )
    assert pieces == ["a", "b1 < 2 & 3"]


def test_white_space() -> None:
    pieces, _, _, _ = read("<p>&nbsp; a\u00a0\n\tb&#160;</p><p>\u3000\u3000中\u3000文</p>")
    assert pieces == ["a b", "中\u3000文"]
    assert read("<pre>\n  x = 1\n    y</pre>")[0] == ["  x = 1\n    y"]


def test_links_and_boxes() -> None:
    pieces, blocks, _, _ = read(
        '<div class="post-Comments"><a href=x>link</a> rest</div><nav><p hidden>n</nav>'
        "<p style='color:red; display : none'>gone</p><p aria-hidden=true>icon<p>seen"
    )
    assert pieces == ["link rest", "n", "gone", "icon", "seen"]
    assert blocks[0, LINKED] == 4 and blocks[0, CHARS] == len("linkrest")
    comment = next(bit for bit, words in enumerate(HINTS) if words.startswith("comment"))
    boxes = blocks[:, BOXES]
    assert boxes[0] >> comment & 1 and not boxes[1] >> comment & 1
    assert boxes[1] >> (len(HINTS) + STRUCTURES.index("nav")) & 1
    assert [int(box >> HIDDEN_BIT & 1) for box in boxes] == [0, 1, 1, 1, 0]


def test_what_hides_within_a_paragraph_is_no_text_of_it() -> None:
    pieces, blocks, _, _ = read("<p>Seen <span style='display:none'>not <b>this</b></span>again")
    assert pieces == ["Seen again"]
    assert not blocks[0, BOXES] >> HIDDEN_BIT & 1
    assert read("<p>an <i aria-hidden=true>icon</i></p>")[0] == ["an icon"]


def test_wording() -> None:
    _, blocks, _, _ = read(
        "<p>Read more: <a href=x>The mill | http://a.b/c</a></p>"
        "<p><a href=x>\u201cWheel\u201d</a> by <em>Tom</em> a@b.c (Photo)</p>"
    )
    first, second = blocks
    assert first[OPENS] & 1 and first[KINDS_AT] == 2  # further reading
    assert first[COLON] == len("Readmore:") and first[ADDRESSES] == 1 and first[BARS] == 3
    assert not first[LINK_STARTS] and first[LINK_ENDS]
    assert second[LINK_STARTS] and not second[LINK_ENDS] and second[COLON] == 0
    assert second[QUOTES] == 2 and second[ITALIC] == 3 and second[ATS] == 1
    photo, byline = second[KINDS_AT + 2], second[KINDS_AT + 3]
    assert (photo, byline) == (1, 1) and second[OPENS] >> 3 & 1 and not second[OPENS] >> 2 & 1


def test_the_head() -> None:
    html = (
        "<html lang=zh-CN><head><title>T &amp; t</title><link href='/by' rel='x license'>"
        '<script type="application/ld+json">{"a": 1}</script>'
    )
    head = read(html)[3]

    def at(slot: int) -> str:
        return html[head[slot] : head[slot + 1]]

    assert (at(TITLE), at(LANGUAGE), at(LICENCE)) == ("T &amp; t", "zh-CN", "/by")
    assert at(LINKED_DATA) == '{"a": 1}' and head[LINKED_DATA + 2] == -1


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<ruby>吾輩<rp>（</rp><rt>わがはい</rt></ruby>は猫である", "吾輩は猫である"),
        ("<ruby>吾輩<rp>（</rp><rt>わがはい</rt><rp>）</rp></ruby>は", "吾輩は"),
        ("<ruby>漢<rt>かん<rb>字<rt>じ</ruby>は", "漢字は"),
        ("<ruby>漢<rp>(<rt>かん<rp>)</ruby>は", "漢は"),
        ("<ruby><rb>漢</rb><rt>かん</rt></ruby>は<b>猫", "漢は猫"),
        ("<ruby>漢<rt>かん", "漢"),
        ("漢<rt>かん</rt>は", "漢かんは"),
        ("漢<rb>字は", "漢字は"),
    ],
)
def test_readings_above_words_are_no_text(html: str, text: str) -> None:
    pieces, *_ = read(f"<p>{html}</p><p>次")
    assert pieces == [text, "次"]


XHTML = (
    '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://example.org/xhtml1.dtd">\n'
    '<html xmlns="http://www.w3.org/1999/xhtml">'
)


@pytest.mark.parametrize(
    "page",
    [
        "<svg><style/></svg><p>tea</p>",
        "<svg><title/><path/></svg><p>tea</p>",
        '<svg><g><script href="x.js" /></g></svg><p>tea</p>',
        "<math><mi>x</mi><style/></math><p>tea</p>",
        '<p><svg class="icon"/>tea</p>',
        '<?xml version="1.0"?><html><head><title/><script src="x.js"/></head><p>tea</p>',
        f'\n<!-- a -->{XHTML}<head><title/><script src="x.js" /></head><p>tea</p>',
        f'{XHTML}<script src="x.js"/></script><textarea/><iframe src="x"/><p>tea</p>',
    ],
)
def test_empty_elements_of_xml_and_drawings_hold_no_raw_text(page: str) -> None:
    pieces, *_ = read(page)
    assert pieces[-1].endswith("tea")


@pytest.mark.parametrize(
    "page",
    [
        "<p>a</p><script/>code</script>",
        "<svg></svg><p>a</p><style/>code</style>",
        "<math/><p>a</p><style/>code</style>",
        "<math></math><p>a</p><style/>code</style>",
        f"{XHTML}<p>a</p><script src=x.js/>code</script>",
        "<svg><style>code</style><script>code</script></svg><p>a</p>",
        "<!doctype html><html xmlns='http://www.w3.org/1999/xhtml'><p>a</p><style/>code</style>",
        f"<p>a</p><!-- {XHTML} --><style/>code</style>".replace("<html", "<htm"),
    ],
)
def test_elements_of_html_ignore_the_slash(page: str) -> None:
    pieces, *_ = read(page)
    assert [piece for piece in pieces if piece] == ["a"]


def test_a_chinese_character_is_as_long_as_three_letters() -> None:
    _, blocks, *_ = read("<p>茶é<b>，</b><a href=x>水 a</a>")
    assert blocks[0, [CHARS, LINKED, BOLD]].tolist() == [3 + 1 + 1 + 3 + 1, 4, 1]


def test_stray_ends_close_nothing_outside_their_cell() -> None:
    _, blocks, nodes, _ = read("<table><tr><td>a</div></p></ul></td><td>b</table></b>c")
    assert nodes[blocks[1, NODE], TAG] == TAGS["td"]
    assert blocks[0, ROW_NODE] == blocks[1, ROW_NODE]


MARKUP = """<p> </p> <div> </div> <table> <tr> <td> </td> </table> <ul> <li> </ul> <a> </a> <br>
<b </b> <!-- --> <![CDATA[ <script> </script> <pre> </pre> <h1> word 文字 &amp; & < > " ' = <svg>
</svg> <select> <title> </title> ÿ"""
SOUP = st.lists(st.sampled_from(MARKUP.split()), max_size=60)


@given(SOUP)
def test_soup_keeps_its_invariants(pieces: list[str]) -> None:
    html = " ".join(pieces)
    text, blocks, nodes, head = scan(np.frombuffer(html.encode(), np.uint8))
    assert (blocks[:, START] < blocks[:, END]).all()
    assert (blocks[1:, START] == blocks[:-1, END]).all()
    assert len(blocks) == 0 or blocks[-1, END] == len(text)
    assert (nodes[1:, PARENT] < np.arange(1, len(nodes))).all()
    assert len(text) <= len(html.encode()) and (head <= len(html.encode())).all()
    text.tobytes().decode()


@given(st.binary(max_size=300))
def test_any_bytes(html: bytes) -> None:
    text, blocks, _, _ = scan(np.frombuffer(html, np.uint8))
    assert blocks[:, END].max(initial=0) == len(text)


@pytest.mark.parametrize(
    "piece",
    [
        "<div>",
        "<p><b>",
        "<a href=x>",
        "<table><tr><td>",
        "</div>",
        "<li>",
        "<",
        "<!--",
        "<a b='",
        "&",
    ],
)
def test_time_is_linear_in_the_page(piece: str) -> None:
    def seconds(count: int) -> float:
        html = np.frombuffer((piece * count + "end").encode(), np.uint8)
        best = float("inf")
        for _ in range(3):
            started = time.process_time()
            scan(html)
            best = min(best, time.process_time() - started)
        return best

    seconds(1000)
    assert seconds(800_000 // len(piece)) < 40 * seconds(80_000 // len(piece)) + 0.05


def test_nesting_stops_where_browsers_stop() -> None:
    pieces, _, nodes, _ = read("<div>" * 5000 + "deep" + "</div>" * 5000 + "after")
    assert pieces == ["deep", "after"]
    assert len(nodes) == MAX_DEPTH
