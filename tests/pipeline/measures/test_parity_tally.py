"""The row of tallies has a place for each, once."""

from pipeline.measures.parity_tally import Tally


def test_places_are_dense_and_in_order():
    assert [int(tally) for tally in Tally] == list(range(len(Tally)))
