"""Characters in the place of references."""

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extract.character_references import unescape


@given(st.text(st.sampled_from("&#x;0189afmpl "), max_size=60))
def test_it_reads_what_the_standard_library_reads(text: str) -> None:
    assert unescape(text) == html.unescape(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"a&#{'1' * 9000};b &eacute;", "a\ufffdb é"),
        (f"&#{'0' * 9000}65;&lt;", "A<"),
        (f"&#{'0' * 9000};", "\ufffd"),
        (f"&#x{'f' * 9000};", "\ufffd"),
    ],
)
def test_thousands_of_digits_are_no_error(text: str, expected: str) -> None:
    assert unescape(text) == expected
