"""OVERLAPS: parallel lists without nulls in them."""

import pyarrow as pa

from schemas.contamination import OVERLAPS


def test_the_key_is_that_of_a_record_and_lists_hold_no_nulls():
    assert OVERLAPS.key == ("source_file", "record_offset")
    lists = [field for field in OVERLAPS.schema if pa.types.is_list(field.type)]
    assert [field.name for field in lists] == ["evaluation_sets", "items", "overlaps", "spans"]
    assert not any(field.type.value_field.nullable or field.nullable for field in lists)
