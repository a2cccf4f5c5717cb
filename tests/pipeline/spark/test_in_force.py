"""What a corpus folder tells of its build in force."""

import json
import shutil

import pytest

from pipeline.dedup.minhash import MinHashParams
from pipeline.spark.in_force import (
    build_in_force,
    documents_of,
    ledger_batch,
    signature_batches,
)

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


def test_the_documents_of_a_build_are_those_that_it_read(corpus, tmp_path):
    built, output = corpus
    (batch,) = documents_of(str(output), built.manifest.build).batches
    for part in ("builds", "documents"):
        shutil.copytree(output / part, tmp_path / part, symlinks=True)
    # The same files, read by other code; its name comes first.
    other = tmp_path / "documents/v1/batch=00"
    shutil.copytree(tmp_path / f"documents/v1/batch={batch}", other)
    facts = json.loads((other / "_manifest.json").read_text())
    facts |= {"batch": "00", "code_version": "0.0.1"}
    (other / "_manifest.json").write_text(json.dumps(facts))
    documents = documents_of(str(tmp_path), built.manifest.build)
    assert documents.batches == {batch: ()}
    assert list(documents.inputs) == built.manifest.inputs
