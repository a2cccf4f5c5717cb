"""What a build finds of the one before it."""

import shutil

import pytest

from pipeline.dedup.minhash import DedupParams
from pipeline.spark.known_pairs import read_known

pytestmark = pytest.mark.spark


def test_the_pairs_of_the_build_in_force_are_found(spark, corpus):
    built, output = corpus
    known = read_known(spark, str(output), DedupParams())
    texts = {row.text_key for row in known.compared.collect()}
    pairs = known.pairs.collect()
    assert pairs
    assert {key for pair in pairs for key in (pair.text_key_a, pair.text_key_b)} <= texts
    assert any(pair.similarity >= 0.8 for pair in pairs)
    assert texts <= {row.text_key for row in known.signatures.collect()}
    outcomes = built.manifest.outcomes
    assert 0 < len(texts) <= outcomes["kept"] + outcomes["duplicate"]


def test_what_does_not_change_the_pairs_does_not_forget_them(spark, corpus):
    params = DedupParams(same_url="latest", keep_unlike_survivor=True, max_rounds=3)
    assert read_known(spark, str(corpus[1]), params) is not None


@pytest.mark.parametrize(
    "params",
    [
        DedupParams(seed=2),
        DedupParams(num_centres=3),
        DedupParams(threshold=0.85),
        DedupParams(search_templates=False),
    ],
)
def test_pairs_that_were_made_otherwise_are_not_used(spark, corpus, params):
    assert read_known(spark, str(corpus[1]), params) is None


def test_without_a_build_nothing_is_known(spark, corpus, tmp_path):
    assert read_known(spark, str(tmp_path), DedupParams()) is None
    shutil.copytree(corpus[1] / "builds", tmp_path / "builds", symlinks=True)
    assert read_known(spark, str(tmp_path), DedupParams()) is None
