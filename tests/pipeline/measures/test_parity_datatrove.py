"""The datatrove variant gives datatrove's numbers and verdicts: golden cases of the original."""

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.decide.limits import COLUMN_OF_LIMIT
from pipeline.decide.presets import DATATROVE_FILTERS
from pipeline.measures.parity_datatrove import statistics
from pipeline.measures.quality import measure
from pipeline.text.utf8 import as_utf8
from schemas.documents import QUALITY_STATISTICS

GOLDEN = json.loads(
    (Path(__file__).resolve().parents[2] / "cases" / "parity_datatrove.json").read_text("utf-8")
)
CASES = GOLDEN["cases"]
COLUMNS = statistics(as_utf8([case["text"] for case in CASES]))


def test_the_cases_tell_their_source():
    assert GOLDEN["source"].startswith("datatrove 0.10")


@pytest.mark.parametrize("name", CASES[0]["numbers"])
def test_numbers_are_those_of_the_original(name):
    np.testing.assert_allclose(COLUMNS[name], [case["numbers"][name] for case in CASES], rtol=1e-12)


@pytest.mark.parametrize("name", DATATROVE_FILTERS)
def test_verdicts_are_those_of_the_original(name):
    limits = DATATROVE_FILTERS[name].model_dump(exclude_none=True)
    is_broken = np.zeros(len(CASES), np.bool_)
    for limit, threshold in limits.items():
        values = COLUMNS[COLUMN_OF_LIMIT[limit]]
        is_broken |= values < threshold if limit.startswith("min_") else values > threshold
    assert is_broken.tolist() == [case["reasons"][name] != "" for case in CASES]


def test_what_datatrove_has_not_stays_ours():
    text = CASES[0]["text"]
    ours, theirs = measure([text]).to_pylist()[0], measure([text], "datatrove").to_pylist()[0]
    changed = set(COLUMNS)
    assert changed <= {field.name for field in QUALITY_STATISTICS}
    assert {name: ours[name] for name in ours if name not in changed} == {
        name: theirs[name] for name in theirs if name not in changed
    }
    assert theirs["num_words"] == COLUMNS["num_words"][0]
