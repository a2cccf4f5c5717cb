from datetime import UTC, datetime

from pipeline.demo.items import Item, from_article, own_texts, split_paragraphs
from pipeline.demo.prose import Article


def test_paragraphs_are_divided_by_blank_lines():
    assert split_paragraphs("\none\ntwo\n\nthree\n") == ("one\ntwo", "three")


def test_dates_lie_in_may_2024_and_differ():
    dates = [Item(f"name {i}", "en", "", ()).published for i in range(50)]
    assert all(
        datetime(2024, 5, 1, tzinfo=UTC) < date < datetime(2024, 6, 1, tzinfo=UTC) for date in dates
    )
    assert len(set(dates)) > 45


def test_an_article_keeps_its_name_and_text():
    item = from_article(Article("a.b", "About b", ("One.", "Two.")))
    assert (item.name, item.title, item.text()) == ("a.b", "About b", "One.\n\nTwo.")


def test_own_texts_are_prose_in_paragraphs():
    for item in own_texts().values():
        assert len(item.paragraphs) >= 4 and item.title, item.name
        assert all(len(text) >= 40 and "\n" not in text for text in item.paragraphs), item.name
