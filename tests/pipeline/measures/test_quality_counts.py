"""The row of counts has a place for each count, once."""

from pipeline.measures.quality_counts import Count


def test_places_are_dense_and_in_order():
    assert [int(count) for count in Count] == list(range(len(Count)))


def test_n_grams_of_neighbouring_lengths_are_neighbours():
    assert [Count[f"TOP_{n}_GRAM"] - Count.TOP_2_GRAM for n in (2, 3, 4)] == [0, 1, 2]
    places = [Count[f"DUPLICATE_{n}_GRAMS"] - Count.DUPLICATE_5_GRAMS for n in range(5, 11)]
    assert places == list(range(6))
