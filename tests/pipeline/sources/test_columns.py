import pytest

from pipeline.sources.columns import CANDIDATES, RecordColumns, map_columns


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


def test_each_record_has_its_own_columns() -> None:
    columns = RecordColumns({"text": "text"})
    assert columns.values({"text": "a"}) == {"text": "a"}
    later = {"uuid": 7, "text": "b", "link": "l", "url": "u", "Lang": "en", "byline": ["A"]}
    assert columns.values(later) == {
        "text": "b", "author": ["A"], "url": "u", "language": "en", "key": 7,
    }  # fmt: skip
    assert columns.values({"text": "c", "link": "l"}) == {"text": "c", "url": "l"}


def test_a_null_is_no_value_but_nothing_else_is_passed_over() -> None:
    columns = RecordColumns({"text": "text"})
    assert columns.values({"url": None, "link": "l"}) == {"url": "l"}
    assert columns.values({"url": "u", "link": "l"}) == {"url": "u"}  # of the same shape
    assert columns.values({"title": "", "name": "n"}) == {"title": ""}


def test_a_given_column_is_the_only_one() -> None:
    columns = RecordColumns({"text": "body", "url": "source.page", "title": "url"})
    record = {"body": "a", "url": "u", "headline": "h", "source": {"page": "p"}}
    assert columns.values(record) == {"text": "a", "title": "u", "url": "p"}
    assert columns.values({"body": "a", "link": "l", "source": 1}) == {"text": "a"}
    assert RecordColumns({"text": "title"}).values({"title": "t"}) == {"text": "t"}


def test_addresses_inside_objects_come_last() -> None:
    columns = RecordColumns({"text": "text"})
    for name in ("metadata", "meta"):
        assert columns.values({name: {"url": "m"}}) == {"url": "m"}
        assert columns.values({"url": "u", name: {"url": "m"}}) == {"url": "u"}
        assert columns.values({name: "no object"}) == columns.values({name: {"id": 1}}) == {}
    assert columns.values({"meta": {"url": "m"}, "metadata": {"url": "d"}}) == {"url": "d"}
    assert columns.values({"meta.url": "flat"}) == {"url": "flat"}


def test_what_is_remembered_is_bounded() -> None:
    columns = RecordColumns({"text": "text"})
    for number in range(3000):
        record = {"text": "a", f"key {number}": 1, "url": number}
        assert columns.values(record) == {"text": "a", "url": number}
    columns.values({"k" * 5000: 1})
    columns.values({str(number): 1 for number in range(100)})
    assert len(columns._by_shape) < 1024


def test_no_name_stands_for_two_things() -> None:
    names = [name for candidates in CANDIDATES.values() for name in candidates]
    assert len(set(names)) == len(names)
