"""What one corpus holds of another, beside a comparison of everything with everything."""

import random

import pyarrow as pa
import pytest

from pipeline.dedup.between import mark_between
from pipeline.dedup.minhash import DedupParams
from pipeline.dedup.signature_stage import sign_documents
from tests.oracles.jaccard_oracle import jaccard
from tests.pipeline.dedup.planted import planted_pair, words

pytestmark = pytest.mark.spark
SIGNED = (
    "doc_id string, source_file string, record_offset long, text_key string, num_shingles long, "
    "band_keys array<bigint>, text string"
)


def signed(spark, texts, file):
    batch = pa.RecordBatch.from_pydict(
        {
            "doc_id": list(texts),
            "source_file": [file] * len(texts),
            "record_offset": list(range(len(texts))),
            "text": list(texts.values()),
        }
    )
    rows = sign_documents(batch, DedupParams().minhash).to_pylist()
    values = [(*row.values(), text) for row, text in zip(rows, texts.values(), strict=True)]
    return spark.createDataFrame(values, SIGNED)


def world():
    generator = random.Random(3)
    ours, theirs = {}, {}
    for level in (0.6, 0.75, 0.85, 0.95):
        for i in range(5):
            ours[f"a{level}-{i}"], theirs[f"b{level}-{i}"] = planted_pair(generator, level, 84)
    body = words(generator, 80)
    ours |= {"copy": " ".join(body), "again": " ".join(body).upper(), "empty": "", "short": "Yes!"}
    theirs |= {f"near{i}": " ".join([*body, f"more{i}"]) for i in range(3)}
    theirs |= {"equal": " ".join(body), "equal2": " ".join(body), "empty": "", "short": "yes!"}
    # A family that fills its buckets; each of ours is nearest to the one with its number.
    line = words(generator, 120)
    for i in range(80):
        changed = [*line, *words(random.Random(i), 8)]
        theirs[f"family{i:02}"] = " ".join(changed)
        if i % 20 == 0:
            ours[f"child{i:02}"] = " ".join([*changed, "own"])
    # Similar within one side only.
    ours["twin1"], ours["twin2"] = planted_pair(generator, 0.95, 84)
    return ours, theirs


def test_marks_are_the_nearest_of_the_other_side_and_nothing_below_the_threshold(spark, tmp_path):
    ours, theirs = world()
    sides = signed(spark, ours, "a"), signed(spark, theirs, "b")
    rows = mark_between(*sides, DedupParams(), str(tmp_path)).collect()
    found = {row.doc_id: (row.other_doc_id, row.similarity) for row in rows}
    assert len(found) == len(rows)
    for name, text in ours.items():
        exact = {other: jaccard(text, theirs[other], 5) for other in theirs if text}
        best = max(exact.values(), default=0.0)
        if name == "short":
            assert found[name] == ("short", 1.0)
        elif best < 0.8:
            assert name not in found
        elif not name.startswith("child"):
            assert found[name] == (min(o for o, s in exact.items() if s == best), best)
        else:
            other, similarity = found[name]
            assert similarity == exact[other] >= 0.8
    assert {row.source_file for row in rows} == {"a"}


def test_nobody_is_compared_with_the_own_side(spark, tmp_path):
    ours, _ = world()
    nothing = signed(spark, {"other": "something else altogether"}, "b")
    assert mark_between(signed(spark, ours, "a"), nothing, DedupParams(), str(tmp_path)).isEmpty()
