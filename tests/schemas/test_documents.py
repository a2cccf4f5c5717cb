"""Identity does not depend on anything but source, key and raw record."""

from hypothesis import given
from hypothesis import strategies as st

from schemas.documents import DOCUMENTS, Source, document_id


@given(st.text(), st.text(), st.binary(), st.text(), st.text(), st.binary())
def test_ids_are_equal_only_for_equal_records(source, key, raw, source_2, key_2, raw_2):
    same = (source, key, raw) == (source_2, key_2, raw_2)
    assert (document_id(source, key, raw) == document_id(source_2, key_2, raw_2)) == same


def test_parts_do_not_run_into_each_other():
    assert document_id("ab", "c", b"") != document_id("a", "bc", b"")
    assert document_id("a", "b", b"c") != document_id("a", "bc", b"")


def test_source_codes_never_change_order():
    """Shards store these numbers: a new source goes to the end."""
    assert [source.value for source in Source] == ["web", "book", "news", "social", "wiki", "text"]
    assert [source.code for source in Source] == list(range(len(Source)))


def test_the_key_of_a_document_is_its_place_in_the_input():
    assert DOCUMENTS.key == ("source_file", "record_offset")
