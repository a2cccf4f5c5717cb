"""Damaged dumps of every format: no reader raises or hangs, and damage costs what it touches.

CORPUSMILL_FUZZ_EXAMPLES sets how many damages each dump gets (12, unless set).
"""

import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipeline.sources.compression import find_codec
from pipeline.sources.inputs import Format, InputFile, InputParams
from pipeline.sources.readers import read_file
from pipeline.sources.recognise import scan
from schemas.documents import DOCUMENTS, Source
from tests.pipeline.sources.fuzzing import (
    BUILT,
    TEXTS,
    Damage,
    Sample,
    damages,
    intrusions,
    real_files,
)

EXAMPLES = int(os.environ.get("CORPUSMILL_FUZZ_EXAMPLES", "12"))
SECONDS = 10
FUZZ = settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
LARGEST_REAL = 150_000
MAGIC_BYTES = 8
PARAMS = InputParams(max_record_bytes=1 << 20, free_unfold_bytes=1 << 22)

Row = dict[str, Any]


def rows_of(content: bytes, file: InputFile) -> list[Row]:
    """Rows of a damaged dump, each lawful; in bounded time of the processor."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "dump").write_bytes(content)
        file = file.model_copy(update={"path": "dump", "size": len(content)})
        started = time.process_time()
        batches = list(read_file(folder, file, PARAMS))
        assert time.process_time() - started < SECONDS, "too slow"
    rows = [row for batch in batches for row in DOCUMENTS.check(batch).to_pylist()]
    assert rows, "a file without a row"
    for row in rows:
        assert sum(row[name] is not None for name in ("text", "skip_rule", "error")) == 1
        assert row["error"] is None or ("\n" not in row["error"] and row["error"])
    offsets = [row["record_offset"] for row in rows]
    assert len(set(offsets)) == len(offsets), "two records at one offset"
    return rows


@pytest.fixture(scope="module", autouse=True)
def compiled_kernels() -> None:
    """A first page compiles the kernels, which is no matter of its damage."""
    sample = BUILT["warc"]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "dump").write_bytes(sample.content)
        assert list(read_file(folder, input_of(sample), PARAMS))


def input_of(sample: Sample) -> InputFile:
    return InputFile(
        path="dump",
        format=sample.format,
        source=Source.WEB,
        size=len(sample.content),
        columns=dict(sample.columns),
    )


@pytest.mark.parametrize("name", BUILT)
def test_damage_of_any_kind_ends_in_rows(name: str) -> None:
    sample = BUILT[name]

    @FUZZ
    @given(st.lists(damages(), min_size=1, max_size=3))
    def check(damage: list[Damage]) -> None:
        content = sample.content
        for each in damage:
            content = each(content)
        if content:
            rows_of(content, input_of(sample))

    check()


KNOWING = [name for name, sample in BUILT.items() if sample.touched is not None]


@pytest.mark.parametrize("name", KNOWING)
def test_damage_costs_the_records_that_it_touches(name: str) -> None:
    sample = BUILT[name]
    whole = rows_of(sample.content, input_of(sample))
    bounds = [row["record_offset"] for row in whole] + [len(sample.content)]

    @FUZZ
    @given(damages(("flip", "cut", "insert", "duplicate", "truncate")))
    def check(damage: Damage) -> None:
        start = damage.place(len(sample.content))
        end = start + damage.length if damage.kind in ("flip", "cut") else start + 1
        if damage.kind == "truncate":
            end = len(sample.content)
        untouched = {
            row["doc_id"]
            for row, first, behind in zip(whole, bounds[:-1], bounds[1:], strict=True)
            if row["text"] is not None and (behind <= start or first >= end)
        }
        content = damage(sample.content)
        codecs = {find_codec(each[:MAGIC_BYTES]) for each in (content, sample.content)}
        if not content or (start < MAGIC_BYTES and codecs != {None}):
            return  # how a file is compressed is told by its first bytes alone
        found = {row["doc_id"] for row in rows_of(content, input_of(sample)) if row["text"]}
        assert sample.touched is not None
        assert len(untouched - found) <= sample.touched

    check()


BESIDE = [name for name, sample in BUILT.items() if sample.beside is not None]


@pytest.mark.parametrize("name", BESIDE)
def test_damage_inside_a_text_leaves_a_row_for_each_and_the_others_whole(name: str) -> None:
    sample = BUILT[name]
    assert sample.beside is not None
    num_rows = len(rows_of(sample.content, input_of(sample)))
    if sample.format is Format.PARQUET:  # a row group that is lost is one row
        num_rows -= sample.beside

    @settings(FUZZ, max_examples=4 * EXAMPLES)
    @given(
        st.sampled_from(TEXTS),
        st.one_of(damages(sample.kinds), intrusions(sample))
        if sample.syntax
        else damages(sample.kinds),
        st.integers(1, 9),
    )
    @example(TEXTS[0], Damage("flip", 1.0, 1, b"\0"), 1)  # the mark that ends a text
    def check(text: str, damage: Damage, length: int) -> None:
        first = sample.content.index(text.encode())
        at = first + damage.place(len(text) + 1 - length)  # to the mark that ends it
        inside = replace(damage, at=(at + 0.5) / len(sample.content), length=length)
        rows = rows_of(inside(sample.content), input_of(sample))
        assert len(rows) >= num_rows
        read = "\n".join(row["text"] or "" for row in rows)
        lost = [other for other in TEXTS if other != text and other not in read]
        assert len(lost) <= sample.beside

    check()


CHECKED = ("jsonl.gz", "jsonl.bz2", "jsonl.xz", "warc.gz", "wacz", "epub")
"""Where every piece has a checksum, so that a damage to a text shows."""


@pytest.mark.parametrize("name", CHECKED)
def test_what_is_lost_is_told(name: str) -> None:
    sample = BUILT[name]

    @settings(FUZZ, max_examples=4 * EXAMPLES)
    @given(damages(("flip", "cut", "insert", "truncate")))
    def check(damage: Damage) -> None:
        content = damage(sample.content)
        if not content or find_codec(content) is not find_codec(sample.content):
            return
        rows = rows_of(content, input_of(sample))
        read = "\n".join(row["text"] or "" for row in rows)
        if any(text not in read for text in TEXTS):
            assert any(row["error"] or row["skip_rule"] for row in rows)

    check()


@pytest.mark.parametrize("name", BUILT)
def test_the_scan_takes_any_damage(name: str) -> None:
    @FUZZ
    @given(damages())
    def check(damage: Damage) -> None:
        content = damage(BUILT[name].content)
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "dump.txt").write_bytes(content)
            inventory = scan(folder, ())
            assert len(inventory.files) + len(inventory.unrecognised) == 1

    check()


@pytest.mark.shared
def test_damaged_real_dumps_end_in_rows(shared_data: Path) -> None:
    files = real_files(shared_data, LARGEST_REAL)
    by_format: dict[Format, list[tuple[Path, InputFile]]] = {}
    for path in files:
        for file in scan(str(path), ()).files:
            by_format.setdefault(file.format, []).append((path, file))
    assert len(by_format) >= 7

    @FUZZ
    @given(
        st.tuples(*map(st.sampled_from, by_format.values())),
        st.lists(damages(), min_size=1, max_size=3),
    )
    def check(chosen: tuple[tuple[Path, InputFile], ...], damage: list[Damage]) -> None:
        for path, file in chosen:  # one of each format
            content = path.read_bytes()
            for each in damage:
                content = each(content)
            if content:
                rows_of(content, file)

    check()
