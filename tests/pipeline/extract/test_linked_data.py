import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extract.linked_data import article_facts, names_of

ARTICLE = {"@type": "NewsArticle", "headline": "Tea"}


def script(value: Any) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    "value",
    [
        ARTICLE,
        [ARTICLE],
        {"@graph": [{"@type": "WebSite"}, ARTICLE]},
        {"@type": "Thing", "mainEntity": ARTICLE},
        {**ARTICLE, "comment": [{"@type": "Article", "headline": "not this one"}]},
    ],
)
def test_the_article_is_found_where_publishers_put_it(value: Any) -> None:
    assert [facts["headline"] for facts in article_facts(script(value))] == ["Tea"]


def test_articles_come_before_pages_and_nothing_else_counts() -> None:
    page = {"@type": ["WebPage", "FAQPage"], "headline": "page"}
    post = {"@type": "BlogPosting", "headline": "post"}
    found = article_facts(script([page, {"@type": "Person", "name": "A"}, {}, post]))
    assert [facts["headline"] for facts in found] == ["post", "page"]


def test_broken_and_deep_scripts_give_nothing() -> None:
    assert article_facts(b"{'@type': 'Article'}") == []
    assert article_facts(b"[" * 100_000) == []
    assert article_facts(b"\xff\xfe\x00") == []
    deep: Any = ARTICLE
    for _ in range(20):
        deep = {"@graph": [deep]}
    assert article_facts(script(deep)) == []
    assert len(article_facts(script([ARTICLE] * 10_000))) < 1000


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("A.  Author", "A. Author"),
        ({"@type": "Person", "name": "A"}, "A"),
        ([{"name": "A"}, {"name": "B"}, {"name": "A"}], "A, B"),
        ({"name": ["A", "B"]}, "A, B"),
        ({"name": {"name": {}}}, None),
        ([[["A"]]], None),
        ({"@id": "#me"}, None),
        (7, None),
    ],
)
def test_names(value: Any, names: str | None) -> None:
    assert names_of(value) == names


@given(
    st.recursive(
        st.none() | st.text() | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["@type", "name"]), inner),
    )
)
def test_nothing_raises(value: Any) -> None:
    article_facts(script(value))
    names_of(value)
