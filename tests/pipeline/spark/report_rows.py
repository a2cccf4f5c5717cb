"""Records of a made-up build: ledger, attributes and document columns in one dictionary each."""

import random
from typing import Any

from pipeline.spark.histograms import BINS

RULES = {"toxicity": 0.5, "num_words": 50.0, "request": None}


def make_rows(number: int = 400) -> list[dict[str, Any]]:
    """Records with ledger, attributes and document columns in one dictionary each."""
    generator = random.Random(7)
    rows: list[dict[str, Any]] = []
    for i in range(number):
        outcome = generator.choices(["kept", "dropped", "duplicate", "unreadable"], [5, 3, 3, 0.2])[
            0
        ]
        has_text = outcome != "unreadable"
        row: dict[str, Any] = {
            "source_file": f"web/file{i % 5}.warc.gz",
            "record_offset": i * 1000,
            "doc_id": f"{generator.getrandbits(128):032x}",
            "source": generator.choice(["web", "news", "wiki"]),
            "source_key": f"key {i} " + "x" * generator.choice([0, 500]),
            "format": "warc",
            "raw_bytes": 10,
            "outcome": outcome,
            "text": f"文字 {i} " * generator.choice([1, 300]) if has_text else None,
            "title": f"Title {i} " + "t" * generator.choice([0, 500]),
            "language": generator.choice(["en", "zh", "de"]) if has_text else None,
            "num_words": generator.randrange(1000) if has_text else None,
            "num_characters": generator.choice([0, 1, 99, 100, 12345, 10**9]) if has_text else None,
        }
        for measure in ("quality_score", "toxicity", "language_score"):
            row[measure] = (
                generator.choice([0.0, 0.5, 1.0, generator.random()]) if has_text else None
            )
        if outcome == "dropped":
            row["rule"] = generator.choice(list(RULES))
            row["threshold"] = RULES[row["rule"]]
            if row["rule"] == "num_words" and row["source"] == "news":
                row["threshold"] = 8.0
            row["value"] = generator.random() if row["threshold"] else None
            if row["rule"] == "request":
                row.update(text=None, language=None)
                row.update(dict.fromkeys([bins.measure for bins in BINS]), num_words=None)
        elif outcome == "unreadable":
            row["detail"] = f"cut off {i}" + "." * generator.choice([0, 500])
        rows.append(row)
    kept = [row["doc_id"] for row in rows if row["outcome"] == "kept"][:25]
    last_of: dict[str, str] = {}
    for row in rows:
        if row["outcome"] == "duplicate":
            survivor = kept[min(generator.randrange(25) for _ in range(4))]
            row["duplicate_of"] = survivor
            row["rule"] = generator.choice(["same_text", "near_duplicate"])
            row["nearest"] = last_of.get(survivor, survivor)
            row["similarity"] = round(generator.uniform(0.8, 1.0), 6)
            last_of[survivor] = row["doc_id"]
    return rows
