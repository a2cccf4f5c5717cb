"""Hits are the runs of words that a plain search finds."""

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.measures.contamination_index import build_index, find_hits
from pipeline.measures.contamination_windows import read_words
from pipeline.text.words import split_words

QUESTION = "Natalia sold clips to forty eight of her friends in April and then she sold half"
CHINESE = "马克思主义的民族团结具有特定的阶级内容其核心是同一民族的无产阶级的团结"

runs = st.lists(st.sampled_from(["a", "b", "c", "好", "中"]), max_size=30)


def hits(texts, items, **lengths):
    words = read_words(texts)
    found = find_hits(words, build_index(items, **{**LENGTHS, **lengths}))
    return sorted(
        zip(found.words.tolist(), found.item_words.tolist(), found.lengths.tolist(), strict=True)
    )


LENGTHS = {"min_words": 13, "min_characters": 20, "min_item_words": 8}


@given(st.lists(runs, min_size=1, max_size=4), st.lists(runs, min_size=1, max_size=4))
def test_hits_are_those_of_a_plain_search(texts, items):
    expected = set()
    of_texts, of_items = ([list(x) for x in side] for side in (texts, items))
    for text_number, text in enumerate(of_texts):
        text_first = sum(map(len, of_texts[:text_number]))
        for item_number, item in enumerate(of_items):
            item_first = sum(map(len, of_items[:item_number]))
            for start in range(len(item)):
                # Words and characters weigh the same here.
                for length in [4] if len(item) >= 4 else [len(item)] if len(item) == 3 else []:
                    if start + length > len(item) or (length == 3 and start):
                        continue
                    run = item[start : start + length]
                    for at in range(len(text) - length + 1):
                        if text[at : at + length] == run:
                            expected.add((text_first + at, item_first + start, length))
                            if length == 4:  # the others only say it again
                                break
    found = hits(
        [" ".join(text) for text in texts],
        [" ".join(item) for item in items],
        min_words=4,
        min_characters=4,
        min_item_words=3,
    )
    assert sorted(found) == sorted(expected)


def test_what_a_text_says_again_is_not_paired_with_the_items_anew():
    words = read_words(["ha " * 1000, "ha " * 20, "once"])
    found = find_hits(words, build_index(["ha " * 500] * 3, **LENGTHS))
    # 13 words from each place on.
    assert set(found.words.tolist()) == {0, 1000}
    assert sorted(found.item_words.tolist()[: 3 * 488]) == [
        item * 500 + place for item in range(3) for place in range(488)
    ]
    assert len(found.words) == 2 * 3 * 488
    assert found.again.tolist() == [*range(1, 988), *range(1001, 1008)]
    assert found.again_of.tolist() == [0] * 987 + [1000] * 7
    assert set(found.again_lengths.tolist()) == {13}


def test_case_punctuation_and_line_breaks_do_not_hide_an_item():
    text = "He read: “NATALIA sold clips\nto forty-eight of her friends in April; and then she...”"
    found = hits(["nothing of it", text], [QUESTION.replace("forty eight", "forty-eight")])
    assert [length for _, _, length in found] == [13]
    assert not hits([text.replace("clips", "chips")], [QUESTION])


def test_twenty_characters_of_chinese_are_a_window_and_nineteen_are_not():
    assert hits([f"他说{CHINESE[3:23]}。"], [CHINESE]) == [(2, 3, 20)]
    assert not hits([f"他说{CHINESE[3:22]}。"], [CHINESE])


def test_a_short_item_is_searched_for_as_a_whole():
    item = "What is the capital city of France today?"
    assert len(split_words(item)) == 8
    assert hits([f"Well, {item.lower()} Paris."], [item]) == [(1, 0, 8)]
    assert not hits(["What is the capital city of France"], [item])
    index = build_index(["too short to tell", item], 13, 20, 8)
    assert index.is_too_short.tolist() == [True, False]
    assert build_index(["", item, "?"], 13, 20, 8).is_too_short.tolist() == [True, False, True]


def test_items_come_from_the_end_of_a_text_without_reading_behind_it():
    halves = QUESTION.split(" ")
    assert not hits([" ".join(halves[:9]), " ".join(halves[9:])], [QUESTION])


def test_a_hash_alone_convicts_nobody():
    index = build_index([QUESTION], **LENGTHS)
    other = read_words([QUESTION.replace("April", "March")])
    whole = index.anchors[0]
    # As if the hashes of the other text were those of the item.
    forged = read_words([QUESTION])
    forged = dataclasses.replace(forged, folded=other.folded)
    assert len(whole.hashes) == 4
    kept = find_hits(forged, index)
    assert kept.words.tolist() == [k for k in range(4) if k > split_words(QUESTION).index("April")]


def test_an_item_that_stands_in_two_sets_is_found_in_both():
    found = hits([QUESTION], [QUESTION, "x " + QUESTION])
    assert {item >= 16 for _, item, _ in found} == {False, True}


@pytest.mark.shared
def test_real_items_are_found_in_a_page_and_real_books_hold_none(shared_data):
    import gzip

    items = []
    for name, fields in (("gsm8k_test", ["question"]), ("cmmlu_test", ["question"])):
        content = gzip.decompress((shared_data / "eval_sets" / f"{name}.jsonl.gz").read_bytes())
        rows = [json.loads(line) for line in content.decode().splitlines()]
        items += ["\n".join(row[field] for field in fields) for row in rows]
    index = build_index(items, **LENGTHS)
    pages = [f"Exercise.\n{item}\nSolve it." for item in items]
    words = read_words(pages)
    found = find_hits(words, index)
    hit = np.unique(np.searchsorted(words.offsets, found.words, "right") - 1)
    assert len(hit) == np.count_nonzero(~index.is_too_short)
    books = [
        (shared_data / "books" / "txt" / name).read_bytes().decode()
        for name in ("pg1342.txt", "24264-0.txt")
    ]
    assert len(find_hits(read_words(books), index).words) == 0
