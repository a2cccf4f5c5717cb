"""Who falls to whom in one component."""

import numpy as np

from pipeline.dedup.stars import choose_survivors


def choose(num_nodes, *edges):
    better, worse, similarity = (np.array(side) for side in zip(*edges, strict=True))
    return choose_survivors(num_nodes, better, worse, similarity.astype(float)).tolist()


def test_nobody_falls_to_one_that_goes():
    assert choose(4, (0, 1, 0.9), (1, 2, 1.0), (2, 3, 0.8)) == [0, 0, 2, 2]


def test_the_most_similar_of_those_that_stay_is_chosen_then_the_best():
    assert choose(4, (0, 3, 0.8), (1, 3, 0.9), (2, 3, 0.9)) == [0, 1, 2, 1]
