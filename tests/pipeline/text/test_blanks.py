"""The kernel for blanks against ``tidy``, which it stands for."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.blanks import tidy_blanks
from pipeline.text.tidy import tidy
from pipeline.text.utf8 import as_utf8

texts = st.text(st.sampled_from("ab中é \t\n\n "), max_size=40)


@given(st.lists(texts, min_size=1, max_size=4))
def test_it_does_what_tidy_does(values):
    assert tidy_blanks(as_utf8(values), list(range(len(values)))) == [tidy(v) for v in values]


def test_only_the_rows_that_are_named_are_returned():
    batch = as_utf8(["a  b", "keep", "\n\n  c \t\n\n\n\n\td  e \n"])
    assert tidy_blanks(batch, [2, 0]) == ["c\n\n\td e", "a b"]
    assert tidy_blanks(batch, []) == []
