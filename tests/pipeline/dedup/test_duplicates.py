"""Dedup from end to end: on a world in which every answer is known, and on real texts."""

import gzip
import json
import random
import subprocess
import sys
from collections import defaultdict
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.dedup.bands import collision_probability
from pipeline.dedup.compare import Known
from pipeline.dedup.duplicates import find_duplicates
from pipeline.dedup.minhash import DedupParams
from pipeline.dedup.signature_stage import sign_documents
from pipeline.dedup.survivors import survivor_rank
from tests.oracles import union_find_oracle
from tests.oracles.jaccard_oracle import jaccard, shingle_set
from tests.pipeline.dedup.planted import planted_pair, words

pytestmark = pytest.mark.spark
PARAMS = DedupParams()
LEVELS = (0.5, 0.6, 0.7, 0.75, 0.78, 0.82, 0.85, 0.9, 0.95)
PER_LEVEL = 20
DOCUMENT = (
    "doc_id string, source_file string, record_offset long, quality_score double, "
    "num_characters long, published timestamp, text string"
)
SIGNATURE = (
    "doc_id string, source_file string, record_offset long, text_key string, num_shingles long, "
    "band_keys array<bigint>"
)


def world():
    """``doc_id -> text``. Names say what a document is there for."""
    generator = random.Random(11)
    texts = {}
    for level in LEVELS:
        for i in range(PER_LEVEL):
            pair = planted_pair(generator, level, length=84)
            texts[f"planted-{level}-{i}-a"], texts[f"planted-{level}-{i}-b"] = pair
    for name in "ab", "cd":  # near-duplicates in twos that a forged band key throws together
        pair = planted_pair(generator, 0.9)
        texts[f"bucket-{name[0]}"], texts[f"bucket-{name[1]}"] = pair
    line = words(generator, 240)
    for i in range(4):  # neighbours are similar, ends are not
        texts[f"chain-{i}"] = " ".join(line[12 * i : 12 * i + 150])
    body = " ".join(words(generator, 60))
    texts |= {"copy-1": body, "copy-2": body.upper(), "copy-3": f"  {body}\n"}
    texts |= {"near-copy": body + " and one more sentence"}
    for i, text in enumerate(
        ["Yes.", "No.", "ok", "好", "嗯", "!!!", "???", "😀", "one two three"]
    ):
        texts[f"short-{i}"] = text
    texts |= {"shortcopy-1": "Thank you!", "shortcopy-2": "thank  YOU!"}
    texts |= {"empty-1": "", "empty-2": "", "empty-3": " \n"}
    texts |= {"kana-voiced": "がぎぐげござじずぜぞ" * 4, "kana-plain": "かきくけこさしすせそ" * 4}
    texts |= {"thai-toned": "ที่นี่มีน้ำใส่แก้ว" * 4, "thai-bare": "ทีนีมีนำใสแกว" * 4}
    return texts


def records(texts):
    """One record per document, and second occurrences of a few."""
    generator = random.Random(7)
    rows = [
        (
            doc_id,
            f"file{i % 3}",
            i,
            generator.choice([None, 0.25, 0.5, 0.75]),
            len(text),
            generator.choice([None, datetime(2001, 1, 1, tzinfo=UTC)]),
            text,
        )
        for i, (doc_id, text) in enumerate(texts.items())
    ]
    twice = {"bucket-a", "bucket-b", "short-0", "empty-1", "copy-2"}
    rows += [(*row[:1], "file9", row[2], *row[3:]) for row in rows if row[0] in twice]
    return rows


def signed(rows):
    batch = pa.RecordBatch.from_pydict(
        {
            "doc_id": [r[0] for r in rows],
            "source_file": [r[1] for r in rows],
            "record_offset": [r[2] for r in rows],
            "text": [r[-1] for r in rows],
        }
    )
    signatures = sign_documents(batch, PARAMS.minhash).to_pylist()
    for row in signatures:
        if row["doc_id"].startswith("bucket-"):
            row["band_keys"][0] = 42
    return [tuple(row.values()) for row in signatures]


def run(spark, rows, signatures, scratch, partitions, params=PARAMS):
    documents = spark.createDataFrame(rows, DOCUMENT).repartition(partitions)
    found = find_duplicates(
        documents.drop("text"),
        spark.createDataFrame(signatures, SIGNATURE).repartition(partitions),
        documents.select("source_file", "record_offset", "text"),
        params,
        str(scratch),
    )
    return {
        "duplicates": sorted(tuple(row) for row in found.duplicates.collect()),
        "edges": sorted(tuple(row) for row in found.edges.collect()),
        "clusters": sorted(tuple(row) for row in found.clusters.collect()),
    }


@pytest.fixture(scope="module")
def found(spark, tmp_path_factory):
    rows = records(world())
    return run(spark, rows, signed(rows), tmp_path_factory.mktemp("dedup"), partitions=1)


@pytest.fixture(scope="module")
def removed(found):
    """Near and same-text duplicates: ``doc_id -> (rule, duplicate_of, nearest, similarity)``."""
    return {row[2]: row[3:] for row in found["duplicates"] if row[3] != "same_record"}


def test_order_and_partitions_have_no_say(spark, tmp_path, found):
    rows = records(world())
    signatures = signed(rows)
    random.Random(1).shuffle(rows)
    random.Random(2).shuffle(signatures)
    assert run(spark, rows, signatures, tmp_path, partitions=7) == found


@pytest.mark.slow
def test_killed_tasks_are_repeated_to_the_same_result(tmp_path, found):
    ran = subprocess.run(
        [sys.executable, "-m", "tests.pipeline.dedup.killed_tasks", str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).resolve().parents[3],
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    for what in ("kept", "signatures", "documents"):
        assert list((tmp_path / what).glob("died-*")), what
    lines = [line for line in ran.stdout.splitlines() if line.startswith("FOUND")]
    assert lines == [f"FOUND {name} {row}" for name, rows in found.items() for row in rows]


def test_no_pair_below_the_threshold_is_merged(found):
    texts = world()
    for one, other, similarity in found["edges"]:
        assert similarity == jaccard(texts[one], texts[other], PARAMS.shingle_size) >= 0.8


@pytest.mark.parametrize("level", LEVELS)
def test_planted_pairs_are_found_from_the_threshold_on(removed, level):
    count = sum(doc_id.startswith(f"planted-{level}-") for doc_id in removed)
    if level < PARAMS.threshold:
        assert count == 0
    else:
        recall = collision_probability(level, PARAMS.bands, PARAMS.rows)
        assert count >= PER_LEVEL * recall - 1


def test_clusters_are_the_components_of_the_edges(found):
    expected = union_find_oracle.components((a, b) for a, b, _ in found["edges"])
    assert dict(found["clusters"]) == expected
    assert len(found["clusters"]) == len(expected)


def test_two_pairs_in_one_bucket_stay_two_clusters(found):
    clusters = dict(found["clusters"])
    assert clusters["bucket-a"] == clusters["bucket-b"] == "bucket-a"
    assert clusters["bucket-c"] == clusters["bucket-d"] == "bucket-c"


def test_one_document_of_each_cluster_survives_and_it_is_the_best(found, removed):
    by_id = {row[0]: row for row in records(world())[::-1]}
    members = defaultdict(list)
    for doc_id, cluster in found["clusters"]:
        members[cluster].append(doc_id)
    for cluster in members.values():
        best = min(cluster, key=lambda doc_id: survivor_rank(*by_id[doc_id][3:6], doc_id))
        assert set(cluster) - removed.keys() == {best}
        assert {removed[doc_id][1] for doc_id in cluster if doc_id != best} == {best}


def test_whatever_is_removed_points_to_a_document_that_stays(found):
    gone = {row[2] for row in found["duplicates"] if row[3] != "same_record"}
    assert gone
    assert not {row[4] for row in found["duplicates"]} & gone


def test_a_record_is_removed_once(found):
    places = [row[:2] for row in found["duplicates"]]
    assert len(set(places)) == len(places)


def test_the_nearest_neighbour_is_the_most_similar_verified_one(found, removed):
    neighbours = defaultdict(list)
    for one, other, similarity in found["edges"]:
        neighbours[one].append((similarity, other))
        neighbours[other].append((similarity, one))
    for doc_id, (rule, _, nearest, similarity) in removed.items():
        assert (similarity, nearest) in neighbours[doc_id]
        if rule == "near_duplicate" and not doc_id.startswith(("copy", "near")):
            assert similarity == max(neighbours[doc_id])[0]


def test_a_chain_is_one_cluster_whose_ends_were_never_similar(found, removed):
    texts = world()
    assert jaccard(texts["chain-0"], texts["chain-3"], 5) < 0.8
    assert {cluster for doc_id, cluster in found["clusters"] if "chain" in doc_id} == {"chain-0"}
    assert sum(doc_id.startswith("chain") for doc_id in removed) == 3


def test_equal_texts_are_found_by_their_key_and_fall_to_the_survivor_of_the_cluster(removed):
    copies = ["copy-1", "copy-2", "copy-3", "near-copy"]
    assert sum(doc_id in removed for doc_id in copies) == 3
    rules = sorted(removed[doc_id][0] for doc_id in copies if doc_id in removed)
    assert rules == ["near_duplicate", "same_text", "same_text"]


def test_further_occurrences_of_a_record_are_duplicates_of_the_first(found):
    again = {row[2]: row for row in found["duplicates"] if row[3] == "same_record"}
    assert set(again) == {"bucket-a", "bucket-b", "short-0", "empty-1", "copy-2"}
    assert all(row[0] == "file9" for row in again.values())
    assert again["short-0"][4:] == ("short-0", "short-0", 1.0)
    assert again["bucket-a"][4] == again["bucket-b"][4]


def test_short_documents_are_duplicates_of_the_same_text_only(removed):
    assert {doc_id for doc_id in removed if "short" in doc_id} < {"shortcopy-1", "shortcopy-2"}
    assert sum("shortcopy" in doc_id for doc_id in removed) == 1


@pytest.mark.parametrize("family", ["empty", "kana", "thai"])
def test_empty_texts_and_texts_that_differ_in_marks_stay(removed, family):
    assert not [doc_id for doc_id in removed if doc_id.startswith(family)]


def test_a_chain_may_keep_what_is_unlike_its_survivor(spark, tmp_path):
    texts = {name: text for name, text in world().items() if name.startswith(("chain", "copy"))}
    rows = [(d, "f", i, None, 99, None, text) for i, (d, text) in enumerate(texts.items())]
    params = DedupParams(keep_unlike_survivor=True)
    found = run(spark, rows, signed(rows), tmp_path, 2, params)
    # Of equal rank the smallest name is the best: chain-1 falls to 0, 2 is unlike 0.
    falls = {row[2]: row[4] for row in found["duplicates"]}
    assert jaccard(texts["chain-0"], texts["chain-2"], 5) < 0.8
    assert falls == {
        "chain-1": "chain-0",
        "chain-3": "chain-2",
        "copy-2": "copy-1",
        "copy-3": "copy-1",
    }
    assert {cluster for doc, cluster in found["clusters"] if "chain" in doc} == {"chain-0"}


@pytest.mark.slow
def test_whatever_is_similar_to_what_stays_goes_though_its_bucket_is_large(spark, tmp_path):
    params = DedupParams(keep_unlike_survivor=True, max_bucket_pairs_size=4, num_centres=1)
    line = words(random.Random(4), 80)
    # Equal shingles and other punctuation: one bucket, in which few pairs are compared.
    texts = {f"hot-{i:02}": " ".join(line) + "!" * i for i in range(60)}
    more = words(random.Random(5), 10)
    texts |= {f"hot-step-{i}": " ".join(line[i:] + more[:i]) for i in (5, 10)}
    rows = [(*row[:3], None, *row[4:]) for row in records(texts)]
    found = run(spark, rows, signed(rows), tmp_path, partitions=2, params=params)
    survivors = {row[2]: row[4] for row in found["duplicates"]}
    assert texts.keys() - survivors.keys() == {"hot-59", "hot-step-10"}
    assert not (tmp_path / "unlike=2").exists()  # a single round has settled the bucket
    for doc_id, survivor in survivors.items():
        assert jaccard(texts[doc_id], texts[survivor], 5) >= params.threshold
    for a, b, similarity in found["edges"]:
        assert similarity == jaccard(texts[a], texts[b], 5) >= params.threshold


def test_copies_of_what_is_known_all_go_and_a_twin_is_revived(spark, tmp_path):
    """Three copies of a document that an earlier build holds; then that document goes."""
    body = " ".join(words(random.Random(5), 70))
    texts = {"z-old": body, "other": " ".join(words(random.Random(6), 70))}
    copies = {"copy-1": body, "copy-2": body, "copy-3": body, "near": f"{body} and more"}
    quality = {"z-old": 0.9, "near": 0.7}

    def step(texts, name, known=None):
        rows = [
            (d, "f", i, quality.get(d, 0.5), 9, None, text)
            for i, (d, text) in enumerate(sorted(texts.items()))
        ]
        documents = spark.createDataFrame(rows, DOCUMENT)
        signatures = spark.createDataFrame(signed(rows), SIGNATURE)
        found = find_duplicates(
            documents.drop("text"), signatures, documents, PARAMS, str(tmp_path / name), known
        )
        falls = {row.doc_id: row.duplicate_of for row in found.duplicates.collect()}
        return falls, Known(found.pairs, found.compared, signatures)

    falls, known = step(texts, "first")
    assert falls == {}
    falls, known = step(texts | copies, "second", known)
    assert falls == dict.fromkeys(copies, "z-old")
    falls, _ = step({"other": texts["other"]} | copies, "third", known)
    assert falls == dict.fromkeys(["copy-1", "copy-2", "copy-3"], "near")


def test_of_one_url_one_document_stays_and_the_others_fall_where_it_falls(spark, tmp_path):
    old, new = datetime(2020, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)
    page = "https://example.org/page"
    rows = [
        ("old", "f", 0, None, 10, None, "one old text of the page", page, old),
        ("new", "f", 1, None, 10, None, "a new text of the page", page + "#top", new),
        ("old", "g", 0, None, 10, None, "one old text of the page", page, old),
        ("best", "f", 2, 0.9, 10, None, "A new text of the page", None, None),
    ]
    found = find_duplicates(
        spark.createDataFrame([row[:6] for row in rows], DOCUMENT.removesuffix(", text string")),
        spark.createDataFrame(signed([row[:7] for row in rows]), SIGNATURE),
        spark.createDataFrame(rows, f"{DOCUMENT}, url string, fetched timestamp"),
        DedupParams(same_url="latest"),
        str(tmp_path),
    )
    falls = {
        (row.source_file, row.record_offset): (row.rule, row.duplicate_of, row.nearest)
        for row in found.duplicates.collect()
    }
    assert falls == {
        ("f", 0): ("same_url", "best", "new"),
        ("f", 1): ("same_text", "best", "best"),
        ("g", 0): ("same_record", "best", "new"),
    }


@pytest.mark.shared
def test_planted_plagiarism_and_editions_of_books_are_found(spark, shared_data, tmp_path):
    folder = shared_data / "neardup"
    with gzip.open(folder / "plagiarism_articles.jsonl.gz", "rt", encoding="utf-8") as lines:
        texts = {row["id"]: row["text"] for row in map(json.loads, lines)}
    pairs = (folder / "plagiarism_pairs.tsv").read_text().splitlines()[1:]
    truth = {tuple(sorted(line.split("\t"))) for line in pairs}
    books = {}
    for path in sorted((folder / "editions").glob("*.txt.gz")):
        raw = gzip.decompress(path.read_bytes())
        try:
            books[path.name] = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            books[path.name] = raw.decode("latin-1")
    # What comparing every edition with every other gives.
    sets = {name: shingle_set(text, PARAMS.shingle_size) for name, text in books.items()}
    for one, other in combinations(books, 2):
        if len(sets[one] & sets[other]) / len(sets[one] | sets[other]) >= PARAMS.threshold:
            truth.add((one, other))
    rows = [
        (doc_id, "file", i, None, len(text), None, text)
        for i, (doc_id, text) in enumerate((texts | books).items())
    ]
    found = run(spark, rows, signed(rows), tmp_path, partitions=2)
    assert {(one, other) for one, other, _ in found["edges"]} == truth
    removed = {row[2]: row[4] for row in found["duplicates"]}
    assert all(
        one.split("__")[0] == other.split("__")[0] for one, other in removed.items() if "__" in one
    )
    assert sum("__" not in doc_id for doc_id in removed) == 10
