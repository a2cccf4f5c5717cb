from pathlib import Path

import pytest

from pipeline.demo import prose


@pytest.fixture(scope="module")
def articles() -> tuple[prose.Article, ...]:
    return prose.library_articles()


def test_there_is_enough_prose_for_a_demo(articles):
    assert 700 < len(articles) < 3000
    assert 1_500_000 < sum(len(article.text()) for article in articles) < 6_000_000
    assert sum(len(topic.text()) for topic in prose.language_topics()) > 100_000


def test_names_are_unique_and_sorted(articles):
    names = [article.name for article in articles]
    assert names == sorted(set(names))


def test_articles_are_made_of_sentences(articles):
    for article in articles:
        assert article.paragraphs
        for paragraph in article.paragraphs:
            assert prose.is_prose(paragraph) and "\n" not in paragraph


def test_no_article_names_a_place_on_this_machine(articles):
    home = str(Path.home())
    assert not [article.name for article in articles if home in article.text()]


def test_code_tables_and_headings_are_left_out():
    documentation = """Heading
    =======

    This paragraph is the only one that should be left over here.

        value = compute(1, 2)
        return value

    * - alpha - beta - gamma
    +-----+-----+
    | one | two |

    import this
    """
    assert prose.paragraphs_of(documentation) == [
        "This paragraph is the only one that should be left over here."
    ]


def test_a_long_text_is_split_without_loss():
    paragraphs = [f"Sentence number {i} goes on and on until it ends." * 20 for i in range(40)]
    parts = list(prose._split("module", "The module", paragraphs))
    assert len(parts) > 3
    assert [text for part in parts for text in part.paragraphs] == paragraphs
    assert len({part.name for part in parts}) == len(parts)
