"""What the planted documents claim to be, measured without the pipeline."""

import re
from itertools import combinations

import pytest

from pipeline.demo.items import own_texts
from pipeline.demo.planted import Planted, planted_documents
from schemas.ledger import Outcome

HAN = re.compile("[\u4e00-\u9fff]")


def shingles(text: str) -> set[tuple[str, ...]]:
    """Word 5-grams; a Chinese character is a word."""
    words = re.findall("[\u4e00-\u9fff]|[^\\W\u4e00-\u9fff]+", text.lower())
    return set(zip(*(words[start:] for start in range(5)), strict=False))


def jaccard(left: str, right: str) -> float:
    a, b = shingles(left), shingles(right)
    return len(a & b) / len(a | b)


def find(name: str) -> Planted:
    return next(planted for planted in planted_documents() if planted.name == name)


def test_expectations_are_outcomes_or_groups_of_several():
    groups: dict[str, int] = {}
    for planted in planted_documents():
        if planted.group is None:
            assert planted.expected in set(Outcome), planted.name
        else:
            groups[planted.group] = groups.get(planted.group, 0) + 1
    assert len(groups) >= 4 and min(groups.values()) >= 2


def test_each_can_be_told_apart_in_its_file():
    keys = [(planted.file, planted.key) for planted in planted_documents()]
    assert len(keys) == len(set(keys))


def test_members_of_a_group_are_similar_enough_to_be_duplicates():
    members: dict[str, list[str]] = {}
    for planted in planted_documents():
        if planted.group:
            members.setdefault(planted.group, []).append(planted.item().text())
    for group, texts in members.items():
        for left, right in combinations(texts, 2):
            assert jaccard(left, right) > 0.85, group
    assert jaccard(*members["lighthouse"][:2]) < 1 and jaccard(*members["ditie"]) < 1
    assert len(set(members["ferry"])) == 1


def test_the_retold_article_is_no_near_duplicate():
    retold, original = find("orchard-retold").item(), own_texts()["orchard"]
    assert jaccard(retold.text(), original.text()) < 0.05


def test_the_garbled_article_can_be_read_as_the_wrong_encoding():
    find("backstube-garbled").item().text().encode().decode("cp1252")


def test_a_replacement_that_does_not_occur_is_an_error():
    broken = find("ditie-zhuanzai").model_copy(update={"replacements": {"不在这里": "x"}})
    with pytest.raises(ValueError, match="不在这里"):
        broken.item()


def test_chinese_has_the_most_texts_after_english():
    characters = {
        name: len(HAN.findall(item.text()))
        for name, item in own_texts().items()
        if item.language == "zh"
    }
    assert len(characters) >= 9 and sum(characters.values()) > 3500
    assert all(count >= 200 for count in characters.values())
    assert len({item.language for item in own_texts().values()}) >= 15
