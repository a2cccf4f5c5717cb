import pytest

from pipeline.sources.columns import map_columns


@pytest.mark.parametrize(
    ("names", "text", "title"),
    [
        (["url", "title", "maintext", "date_publish"], "maintext", "title"),
        (["id", "text", "body"], "text", None),
        (["headline", "articleBody"], "articleBody", "headline"),
        (["raw_content", "digest"], "raw_content", None),
        (["title", "category"], "title", None),
    ],
)
def test_the_usual_names_are_known(names: list[str], text: str, title: str | None) -> None:
    mapping = map_columns(names, {})
    assert mapping is not None
    assert mapping["text"] == text
    assert mapping.get("title") == title


def test_titles_beside_pages_are_no_texts() -> None:
    assert map_columns(["title", "html", "url"], {}) is None


def test_a_column_holds_one_thing() -> None:
    mapping = map_columns(["title", "text"], {"text": "title"})
    assert mapping == {"text": "title"}


def test_what_is_given_comes_first() -> None:
    assert map_columns(["text", "story"], {"text": "story"}) == {"text": "story"}
