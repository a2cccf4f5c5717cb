"""What a corpus folder tells of its build in force."""

import shutil

import pytest

from pipeline.dedup.minhash import MinHashParams
from pipeline.spark.in_force import build_in_force, ledger_batch, signature_batches

pytestmark = pytest.mark.spark


def test_the_build_in_force_names_its_ledger_and_signatures(corpus):
    built, output = corpus
    build = build_in_force(str(output))
    assert build == built.manifest.build
    assert built.manifest.ledger.endswith(f"batch={ledger_batch(str(output), build)}")
    stored = {path.name for path in (output / "signatures" / "v1").iterdir()}
    assert {f"batch={name}" for name in signature_batches(str(output), MinHashParams())} == stored
    assert signature_batches(str(output), MinHashParams(seed=2)) == []


def test_a_build_without_its_manifest_is_not_in_force(corpus, tmp_path):
    assert build_in_force(str(tmp_path)) is None
    shutil.copytree(corpus[1] / "builds", tmp_path / "builds", symlinks=True)
    assert build_in_force(str(tmp_path)) == corpus[0].manifest.build
    (tmp_path / "builds" / "latest" / "manifest.json").unlink()
    assert build_in_force(str(tmp_path)) is None
