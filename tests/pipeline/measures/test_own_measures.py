"""Files in a folder are measures, each with its column."""

import sys
from importlib import import_module

import numpy as np
import pyarrow as pa
import pytest

from pipeline.measures.own_measures import Measure, find_measures

VOWELS = """
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.measures.own_measures import Measure


def vowels_per_character(texts):
    vowels = pc.count_substring_regex(texts, "[aeiou]")
    return pc.divide(pc.cast(vowels, pa.float64()), pc.cast(pc.utf8_length(texts), pa.float64()))


MEASURE = Measure(column=pa.field("vowel_share", pa.float64()), kernel=vowels_per_character)
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "added").mkdir()
    (tmp_path / "added" / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path / "added"
    for name in [name for name in sys.modules if name.split(".")[0] == "added"]:
        del sys.modules[name]


def test_one_file_is_a_measure(folder):
    (folder / "vowels.py").write_text(VOWELS)
    (measure,) = find_measures(import_module("added"))
    assert measure.column == pa.field("vowel_share", pa.float64())
    assert measure.values(pa.array(["aabb", "xyz"])).to_pylist() == [0.5, 0.0]


def test_measures_come_in_the_order_of_their_names(folder):
    for name in ("second", "first"):
        (folder / f"{name}.py").write_text(VOWELS.replace("vowel_share", f"{name}_share"))
    names = [measure.column.name for measure in find_measures(import_module("added"))]
    assert names == ["first_share", "second_share"]


def test_a_file_that_declares_nothing_is_told(folder):
    (folder / "empty.py").write_text('"""Nothing."""')
    with pytest.raises(TypeError, match=r"added\.empty declares no MEASURE"):
        find_measures(import_module("added"))


def test_a_kernel_must_give_a_value_for_every_text():
    column = pa.field("size", pa.int64())
    one = Measure(column=column, kernel=lambda texts: np.zeros(1))
    assert one.values(pa.array(["a"])).type == pa.int64()
    with pytest.raises(ValueError, match="size: 1 values of 2 texts"):
        one.values(pa.array(["a", "b"]))
