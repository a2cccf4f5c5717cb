"""Passages on Spark, beside a search through all windows in plain Python."""

import random

import pytest

from pipeline.dedup.passages import PassageParams
from pipeline.dedup.repeated_passages import count_cuts, cut_passages, find_passages
from tests.pipeline.dedup.planted import words

pytestmark = pytest.mark.spark
TEXT = "doc_id string, source_file string, record_offset long, source string, text string"


def kept_words(texts, min_words):
    """``doc_id -> words`` after the cut: a word goes where a window with it occurred before."""
    first, result = {}, {}
    for doc_id in sorted(texts):
        of_text = texts[doc_id].split()
        for place in range(len(of_text) - min_words + 1):
            first.setdefault(tuple(of_text[place : place + min_words]), (doc_id, place))
    for doc_id, text in texts.items():
        of_text = text.split()
        gone = set()
        for place in range(len(of_text) - min_words + 1):
            if first[tuple(of_text[place : place + min_words])] != (doc_id, place):
                gone |= set(range(place, place + min_words))
        rest = [word for place, word in enumerate(of_text) if place not in gone]
        result[doc_id] = rest if len(rest) >= min_words else of_text
    return result


def world():
    generator = random.Random(4)
    boilerplate = words(generator, 30)
    texts = {}
    for i in range(40):
        own = words(generator, generator.randint(5, 60))
        kind = i % 4
        if kind == 1:  # boilerplate within the own words, whole or in part
            cut = generator.randint(10, 30)
            own[len(own) // 2 : len(own) // 2] = boilerplate[:cut]
        elif kind == 2:
            own = boilerplate[generator.randint(0, 10) :] + own
        elif kind == 3 and i > 8:  # from another text, and twice
            other = texts[f"d{i - 8:02}"].split()
            own += [*other[5:30], "between", *other[5:30]]
        texts[f"d{i:02}"] = " ".join(own)
    return texts


def frame_of(spark, texts, partitions):
    rows = [(d, f"f{i % 2}", i, "web", text) for i, (d, text) in enumerate(texts.items())]
    return spark.createDataFrame(rows, TEXT).repartition(partitions)


@pytest.mark.parametrize(("min_words", "partitions"), [(8, 1), (20, 5)])
def test_words_that_occurred_before_in_a_long_run_are_cut(spark, tmp_path, min_words, partitions):
    texts = world()
    frame = frame_of(spark, texts, partitions)
    params = PassageParams(cut="words", min_words=min_words)
    cuts = find_passages(frame, params, str(tmp_path))
    found = {row.doc_id: row for row in cut_passages(frame, cuts).collect()}
    expected = kept_words(texts, min_words)
    assert {d: row.text.split() for d, row in found.items()} == expected
    assert sum(len(rest) < len(texts[d].split()) for d, rest in expected.items()) > 10
    assert found["d01"].source == "web"
    assert {row.doc_id for row in cuts.collect()} == {
        d for d, rest in expected.items() if len(rest) < len(texts[d].split())
    }


def test_lines_that_occurred_before_are_cut(spark, tmp_path):
    texts = {
        "a": "This line stands in two texts.\nThis one is of the first text alone, and long.",
        "b": "This one is of the second text alone, and long.\nThis line stands in two texts.",
        "c": "This line stands in two texts.",
        "d": "Short\nlines\nstay\nShort\nwhatever else this text may say about them all",
    }
    frame = frame_of(spark, texts, 2)
    cuts = find_passages(frame, PassageParams(cut="lines", min_words=5), str(tmp_path))
    found = {row.doc_id: row.text for row in cut_passages(frame, cuts).collect()}
    # Of c nothing would be left.
    assert found == texts | {"b": texts["b"].split("\n")[0]}
    line = len("This line stands in two texts.")
    assert count_cuts(cuts) == {"documents": 1, "passages": 1, "num_bytes": line}
    assert set(count_cuts(cuts.where("false")).values()) == {0}
