"""Views of Arrow string columns, and the decoder of code points."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.utf8 import as_utf8, decode_one

texts = st.lists(st.text(max_size=8), max_size=6)


def texts_of(batch):
    return [
        bytes(batch.bytes[start:end]).decode()
        for start, end in zip(batch.offsets[:-1], batch.offsets[1:], strict=True)
    ]


@given(texts)
def test_strings_come_back_as_they_went_in(values):
    batch = as_utf8(values)
    assert texts_of(batch) == values
    assert batch.sizes().tolist() == [len(value.encode()) for value in values]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
@given(values=texts, skipped=st.integers(0, 3))
def test_a_slice_of_a_column_is_seen_from_its_first_row(kind, values, skipped):
    batch = as_utf8(pa.array(values, kind)[skipped:])
    assert texts_of(batch) == values[skipped:]
    assert batch.offsets[0] == 0


@given(st.lists(st.none() | st.text(max_size=5), max_size=8), st.integers(0, 3))
def test_a_null_counts_as_an_empty_text(values, skipped):
    batch = as_utf8(pa.array(values, pa.string())[skipped:])
    assert texts_of(batch) == [value or "" for value in values[skipped:]]


def test_a_null_slot_that_spans_bytes_is_empty_too():
    column = pa.StringArray.from_buffers(
        2, pa.py_buffer(np.array([0, 3, 5], np.int32)), pa.py_buffer(b"abcde"),
        pa.py_buffer(b"\x02"), 1,
    )  # fmt: skip
    assert texts_of(as_utf8(column)) == ["", "de"]


def test_chunks_are_laid_end_to_end():
    column = pa.chunked_array([["a", "中"], [], ["b"]], pa.string())
    assert texts_of(as_utf8(column)) == ["a", "中", "b"]


def test_an_array_without_nulls_is_not_copied():
    column = pa.array(["some", "text"])
    address = column.buffers()[2].address
    assert as_utf8(column).bytes.ctypes.data == address


def test_lone_surrogates_become_replacement_characters():
    assert texts_of(as_utf8(["a\ud800b"])) == ["a\ufffdb"]


def test_a_column_of_another_type_is_refused():
    with pytest.raises(TypeError, match="int64"):
        as_utf8(pa.array([1]))


@given(st.text(min_size=1, max_size=4))
def test_the_decoder_reads_what_was_encoded(text):
    data = np.array(list(text.encode()), np.uint8)
    at, codes = 0, []
    while at < len(data):
        code, at = decode_one(data, at)
        codes.append(int(code))
    assert codes == [ord(character) for character in text]
