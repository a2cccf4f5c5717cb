"""Pages made of many like parts, and what the shipped model keeps of pages like them."""

from collections import Counter

import pytest

from pipeline.extract.html import extract_text
from pipeline.extract.html_gold import GoldPage
from pipeline.extract.html_samples import make_sample
from pipeline.extract.html_series import SERIES, make_series

SUBJECTS = ("The miller", "A heron", "Every neighbour", "My aunt", "The old ferry", "No child")
VERBS = ("waited for", "remembered", "crossed", "was afraid of", "painted", "never saw")
OBJECTS = ("the brook", "a bridge of stone", "winter", "its own shadow", "the wheel", "rain")
NAVIGATION = "<nav><ul><li><a href=/>Home</a><li><a href=/n>News</a></ul></nav>"
FOOTER = "<footer><p>© 2020 Example Ltd. All rights reserved.</p></footer>"


def sentence(number: int) -> str:
    """One of many; the number tells which."""
    subject, rest = number % 6, number // 6
    words = f"{SUBJECTS[subject]} {VERBS[rest % 6]} {OBJECTS[rest // 6 % 6]}"
    return f"{words}, and so it went on until part {number} was told."


def page_of(body: str) -> bytes:
    head = "<!doctype html><title>The mill</title>"
    return f"{head}<body>{NAVIGATION}{body}{FOOTER}".encode()


SOURCE = GoldPage("scrapinghub", "1", "a.org", b"", " ".join(map(sentence, range(40))))


def test_made_pages_hold_their_gold_and_know_their_source() -> None:
    made = [page for seed in range(40) for page in make_series([SOURCE], seed)]
    assert len(made) == 40
    assert {(page.set_name, page.page_id, page.site) for page in made} == {(SERIES, "1", "a.org")}
    assert {page.half for page in made} == {SOURCE.half}
    for page in made:
        html = page.html.decode()
        assert page.text and all(line in html for line in page.text.split("\n"))
    assert make_series([SOURCE], 3) == make_series([SOURCE], 3) != make_series([SOURCE], 4)


def test_main_text_and_the_rest_are_of_different_sentences() -> None:
    seen: Counter[bool] = Counter()
    for seed in range(40):
        sample = make_sample(make_series([SOURCE], seed)[0])
        seen.update(label > 0.5 for label in sample.labels.tolist())
        assert sample.weights.max() <= 0.15 * 0.5
    assert min(seen.values()) > 500, "both kinds are shown"


def test_a_text_too_short_makes_no_page() -> None:
    assert make_series([GoldPage("scrapinghub", "1", "a.org", b"", "Short. " * 40)]) == []
    assert make_series([GoldPage("trafilatura", "1", "a.org", b"", None)]) == []


@pytest.mark.parametrize(
    ("around", "part"),
    [
        (
            "<div id=page-body><h2><a href=/t/1>Tea?</a></h2>{}</div>",
            "<div class=post><p class=author>by <a href=/u/{0}>user{0}</a> on Monday</p>"
            "<div class=content>{1}</div></div>",
        ),
        (
            "<div id=main><h1>Tea?</h1><ol>{}</ol></div>",
            "<li class=answer><div class=vote>1{0}</div><div class=text><p>{1}</p>"
            "<p>answered by <a href=/u>joe</a></p></div></li>",
        ),
        ("<article><h1>Tea</h1>{}</article>", '<h2><a href="#s{0}">Section {0}</a></h2><p>{1}</p>'),
        (
            "<div class=content><h1>Glossary</h1>{}</div>",
            "<h3>Term {0}</h3><div class=entry><p>{1}</p></div>",
        ),
    ],
    ids=["thread", "answers", "linked-headings", "glossary"],
)
@pytest.mark.parametrize("count", [12, 60, 300])
def test_the_last_part_of_a_long_page_is_kept_as_the_first_is(
    around: str, part: str, count: int
) -> None:
    body = around.format("".join(part.format(i, sentence(i)) for i in range(count)))
    text = extract_text(page_of(body))
    assert [i for i in range(count) if sentence(i) not in text] == []
    if "Section" in part:
        assert [i for i in range(count) if f"Section {i}\n" not in text] == []
    assert "rights reserved" not in text and "News" not in text


@pytest.mark.parametrize("count", [12, 60, 300])
def test_what_other_pages_are_about_is_left_out(count: int) -> None:
    article = "".join(
        f"<p>{sentence(i)} {sentence(i + 50)} {sentence(i + 99)}</p>" for i in range(15)
    )
    teaser = "<div class=card><h4><a href=/n/{0}>Another story {0}</a></h4><p>{1}</p></div>"
    teasers = "".join(teaser.format(i, sentence(i + 400)) for i in range(count))
    text = extract_text(page_of(f"<article>{article}</article><div class=more>{teasers}</div>"))
    assert all(sentence(i) in text for i in range(15))
    assert [i for i in range(count) if sentence(i + 400) in text] == []
