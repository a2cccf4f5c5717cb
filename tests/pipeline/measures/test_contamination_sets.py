"""Evaluation sets as the configuration names them: read, named, pinned, or refused by name."""

import gzip
import hashlib
import json

import pytest
from pydantic import ValidationError

from pipeline.measures.contamination_sets import (
    ContaminationParams,
    EvaluationSet,
    read_items,
    resolve,
)
from schemas.errors import ConfigError


@pytest.fixture
def write(tmp_path):
    def write(*lines, name="quiz.jsonl"):
        content = "\n".join(
            line if isinstance(line, str) else json.dumps(line) for line in lines
        ).encode()
        path = tmp_path / name
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return str(path)

    return write


def test_fields_are_joined_in_their_order_and_lines_are_counted(write):
    path = write(
        {"q": "One?", "meta": {"a": ["yes", "no"]}, "n": 1}, "", {"q": "Two?", "meta": {"a": "x"}}
    )
    items = read_items(EvaluationSet(path=path, fields=("meta.a", "q")))
    assert items.texts == ["yes\nno\nOne?", "x\nTwo?"]
    assert items.lines == [1, 3]
    assert read_items(EvaluationSet(path=path)).texts[0] == "One?\nyes\nno"


def test_compressed_sets_are_read(write):
    path = write({"q": "One?"}, name="quiz.jsonl.gz")
    assert read_items(EvaluationSet(path=path)).texts == ["One?"]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (['{"q": 1'], "line 1: broken JSON"),
        (['{"q": "x"}', "[1]"], "line 2: no JSON object"),
        (['{"a": "x"}'], "line 1: no text in the field 'q'"),
        ([], "no item in it"),
    ],
)
def test_what_is_wrong_is_named(write, lines, message):
    with pytest.raises(ConfigError, match=f"contamination.sets: .*quiz.jsonl.*{message}"):
        read_items(EvaluationSet(path=write(*lines), fields=("q",)))


def test_a_torn_file_is_refused(tmp_path):
    path = tmp_path / "quiz.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"q": "x"}\n' * 1000)[:-12])
    with pytest.raises(ConfigError, match=r"quiz\.jsonl\.gz"):
        read_items(EvaluationSet(path=str(path)))


@pytest.mark.parametrize("name", ["absent.jsonl", ""])
def test_no_file_is_refused(tmp_path, name):
    (tmp_path / "a.jsonl").write_text("{}")
    (tmp_path / "b.jsonl").write_text("{}")
    with pytest.raises(ConfigError, match=r"contamination\.sets: .*(no such file|a folder)"):
        read_items(EvaluationSet(path=str(tmp_path / name)))


def test_a_build_is_named_by_what_the_sets_hold(write):
    path = write({"q": "One?"})
    digest = hashlib.sha256(b'{"q": "One?"}').hexdigest()
    resolved = resolve(ContaminationParams(sets=(EvaluationSet(path=path),)))
    assert resolved.sets == (EvaluationSet(path=path, name="quiz", sha256=digest),)
    assert resolve(resolved) == resolved
    write({"q": "Two?"})
    with pytest.raises(ConfigError, match=f"not {digest}"):
        resolve(resolved)


def test_two_sets_of_one_name_are_refused():
    sets = (EvaluationSet(path="a/test.jsonl"), EvaluationSet(path="b/test.jsonl.gz"))
    with pytest.raises(ValidationError, match="two sets are called 'test'"):
        ContaminationParams(sets=sets)
    named = EvaluationSet(path="b/test.jsonl.gz", name="b")
    assert ContaminationParams(sets=(sets[0], named)).sets[1].name == "b"
