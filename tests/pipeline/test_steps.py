"""The steps of the recipe in whole builds: cuts, evaluation sets, lost and stale batches."""

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.corpus import plan
from pipeline.demo.items import own_texts
from pipeline.report.funnel import funnel
from pipeline.tokens.tokenizer import load
from schemas.errors import ConfigError, DataError
from schemas.shards import TOKENIZER_NAME
from tests.small_builds import build, ledger_of
from tests.small_dumps import configure

pytestmark = [pytest.mark.spark, pytest.mark.slow]


def test_passages_that_others_hold_are_cut_from_the_shards(spark, tmp_path):
    notice = "all rights in this notice are reserved by the owner of the notice"
    stories = [
        " ".join(f"{name}{i}" for i in range(40)) for name in ("alpha", "beta", "gamma", "delta")
    ]
    folder = tmp_path / "dumps"
    folder.mkdir()
    lines = [json.dumps({"text": f"{story}\n{notice}"}) for story in stories]
    (folder / "stories.jsonl").write_text("\n".join(lines))
    judged = {"preset": "none", "max_toxicity": 1.0, "min_language_score": 0.0}
    sections = {"decide": judged, "passages": {"cut": "words", "min_words": 10}}
    output = tmp_path / "out"
    built = build(spark, configure(folder, output, **sections))
    assert built.manifest.outcomes["kept"] == 4
    assert built.manifest.passages.model_dump() == {
        "documents": 3,
        "passages": 3,
        "num_bytes": 3 * len(notice),
    }
    assert "3  kept without 3 passages" in funnel(built.manifest)
    text = shard_text(built, output)
    assert text.count(notice) == 1
    assert all(text.count(story) == 1 for story in stories)


QUIZ = [
    "Which of these seven ships left the harbour of Lisbon before the great storm of 1755 began?",
    "How many of the forty nine lamps were still burning when the keeper came back at midnight?",
]


@pytest.fixture
def quoting(tmp_path):
    """Dumps of which two documents hold a question, and the evaluation set."""
    stories = [" ".join(f"{name}{i}" for i in range(60)) for name in ("alpha", "beta", "gamma")]
    texts = [stories[0], f"{stories[1]}\n{QUIZ[1].upper()}", QUIZ[0], stories[2]]
    folder = tmp_path / "dumps"
    folder.mkdir()
    lines = [json.dumps({"id": f"story {k}", "text": text}) for k, text in enumerate(texts)]
    (folder / "stories.jsonl").write_text("\n".join(lines))
    quiz = tmp_path / "quiz.jsonl"
    quiz.write_text("\n".join(json.dumps({"question": question}) for question in QUIZ))
    judged = {"preset": "none", "max_toxicity": 1.0, "min_language_score": 0.0}

    def configured(output: str, **contamination):
        sets = [{"path": str(quiz), "fields": ["question"]}]
        sections = {"decide": judged, "contamination": {"sets": sets, **contamination}}
        return configure(folder, tmp_path / output, **sections), tmp_path / output

    return configured


def shard_text(built, output: Path) -> str:
    folder = (output / built.manifest.shards).parent
    tokenizer = load(folder / TOKENIZER_NAME)
    return "".join(
        tokenizer.decode(np.fromfile(path, np.uint16)) for path in sorted(folder.rglob("*.bin"))
    )


def test_documents_that_hold_evaluation_items_are_dropped_by_name(spark, quoting, tmp_path):
    config, output = quoting("out")
    built = build(spark, config)
    fates = {
        row["source_key"]: (row["outcome"], row["rule"], row["value"], row["detail"])
        for row in ledger_of(built, output)
    }
    assert fates["story 1"] == ("dropped", "contaminated", 1.0, "quiz:2")
    assert fates["story 2"] == ("dropped", "contaminated", 1.0, "quiz:1")
    assert fates["story 0"][0] == fates["story 3"][0] == "kept"
    assert built.manifest.rules == {"contaminated": 2}
    (found,) = built.manifest.contamination.sets
    assert (found.name, found.items, found.documents) == ("quiz", 2, 2)
    assert "2  records hold something of 2 items of quiz" in funnel(built.manifest)
    page = (output / "builds" / "latest" / "report" / "index.html").read_text()
    assert "Evaluation sets" in page
    assert found.sha256[:16] in page
    assert "quiz:1" in page
    # The same file elsewhere is the same build; another content is not.
    moved = tmp_path / "moved.jsonl"
    moved.write_bytes((tmp_path / "quiz.jsonl").read_bytes())
    sets = [{"path": str(moved), "name": "quiz", "fields": ["question"]}]
    assert build(spark, quoting("out", sets=sets)[0]).manifest == built.manifest
    moved.write_text(json.dumps({"question": QUIZ[0]}))
    other = build(spark, quoting("out", sets=sets, action="annotate")[0])
    assert other.manifest.build != built.manifest.build
    assert other.manifest.rules == {}
    assert (other.manifest.contamination.sets[0].items, other.manifest.contamination.kept) == (1, 1)


def test_what_documents_share_with_evaluation_items_is_cut(spark, quoting):
    config, output = quoting("out", action="cut", min_words_left=20)
    built = build(spark, config)
    assert built.manifest.outcomes["kept"] == 3
    assert built.manifest.rules == {"contaminated": 1}  # nothing would be left of it
    assert (built.manifest.contamination.kept, built.manifest.contamination.passages) == (1, 1)
    text = shard_text(built, output)
    assert "beta59" in text
    assert "KEEPER" not in text


def test_an_evaluation_set_that_cannot_be_used_is_told_before_spark(quoting):
    sets = [{"path": "absent.jsonl"}]
    with pytest.raises(ConfigError, match=r"contamination\.sets: absent\.jsonl: no such file"):
        plan(quoting("out", sets=sets)[0])


def test_a_lost_part_of_a_table_is_noticed(spark, dumps, tmp_path):
    output = tmp_path / "out"
    build(spark, configure(dumps, output))
    part = next((output / "attributes").rglob("part-*.parquet"))
    part.unlink()
    with pytest.raises(DataError, match=f"{part.name}: no bytes, .* restore the file, or remove"):
        build(spark, configure(dumps, output, dedup={"threshold": 0.85}))


def test_a_file_read_by_another_rule_is_judged_by_its_new_texts(spark, tmp_path):
    """One line in two batches: with one text from before the rule, with another since."""
    dumps = tmp_path / "dumps"
    dumps.mkdir()
    items = sorted(own_texts().items())[:6]
    lines = [
        {"id": name, "text": item.text(), "summary": other.text()}
        for (name, item), (_, other) in zip(items, items[1:] + items[:1], strict=True)
    ]
    (dumps / "a.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    more = [{"id": f"b{i}", "text": line["summary"]} for i, line in enumerate(lines)]
    (dumps / "b.jsonl").write_text("\n".join(json.dumps(line) for line in more[:3]))
    build(spark, configure(dumps, tmp_path / "old"))
    rule = {"rules": [{"match": "a.jsonl", "text_column": "summary"}]}
    again = build(spark, configure(dumps, tmp_path / "old", sources=rule))
    fresh = build(spark, configure(dumps, tmp_path / "new", sources=rule))
    assert fresh.manifest.rules["same_text"] == 3
    assert again.manifest == fresh.manifest
