"""A small build and its statistics, made by hand so that every number is known."""

from pipeline.report.statistics import (
    Cluster,
    ClusterSizes,
    DropReason,
    Example,
    Fertility,
    Group,
    Histogram,
    LimitCounts,
    Member,
    Outcomes,
    Pair,
    PersonalData,
    Series,
    Statistics,
    UnreadableRecord,
)
from schemas.build import BuildManifest, FileCounts, InputFact
from schemas.ledger import Outcome
from schemas.shards import Manifest, Shard, TokenizerFacts

HOSTILE = '<script>alert("1")</script><img src="https://evil.example/x.png" onerror=alert(2)>'
CHINESE = "河水在傍晚变得很安静，老人把船拴好，慢慢走回村里。"


def example(number: int, **changes: object) -> Example:
    """An example whose id ends in ``number``."""
    fields: dict[str, object] = {
        "source_file": "web/pages.warc.gz",
        "record_offset": 100 * number,
        "doc_id": f"{number:032x}",
        "source": "web",
        "source_key": f"https://example.org/{number}",
        "snippet": f"Text number {number}.",
    }
    return Example.model_validate({**fields, **changes})


STATISTICS = Statistics(
    sources=[
        Group(
            name="web",
            outcomes=Outcomes(records=9, kept=4, dropped=2, duplicate=2, unreadable=1),
            kept_words=900,
            kept_characters=5000,
        ),
        Group(
            name="news",
            outcomes=Outcomes(records=3, kept=3),
            kept_words=100,
            kept_characters=700,
        ),
    ],
    languages=[
        Group(
            name="en",
            outcomes=Outcomes(records=8, kept=5, dropped=1, duplicate=2),
            kept_words=800,
            kept_characters=5000,
        ),
        Group(
            name="zh",
            outcomes=Outcomes(records=2, kept=2),
            kept_words=200,
            kept_characters=700,
        ),
        Group(name="no text", outcomes=Outcomes(records=2, dropped=1, unreadable=1)),
    ],
    personal_data=[
        PersonalData(kind="email", documents=4, pieces=9, kept_documents=3, kept_pieces=7),
        PersonalData(kind="phone", documents=1, pieces=1, kept_documents=0, kept_pieces=0),
    ],
    limits=[LimitCounts(rule="max_toxicity", broken=3, broken_alone=1, characters_alone=4321)],
    drop_reasons=[
        DropReason(
            rule="max_toxicity",
            records=1,
            smallest_threshold=0.5,
            largest_threshold=0.5,
            smallest_value=0.91,
            largest_value=0.91,
            examples=[example(1, value=0.91, threshold=0.5, snippet=HOSTILE, title=HOSTILE)],
        ),
        DropReason(
            rule="record_type",
            records=1,
            examples=[example(2, detail=HOSTILE, source_key=HOSTILE, snippet=None)],
        ),
    ],
    kept_examples=[
        example(3, snippet=CHINESE, title="河边"),
        example(4, source="news", snippet="A\x00B"),
    ],
    histograms=[
        Histogram(
            measure="toxicity",
            first=0.0,
            width=0.25,
            series=[
                Series(outcome=Outcome.KEPT, counts=[6, 1, 0, 0]),
                Series(outcome=Outcome.DROPPED, counts=[0, 0, 0, 1]),
            ],
            missing=2,
        ),
        Histogram(
            measure="num_characters",
            first=0.0,
            width=1.0,
            logarithmic=True,
            series=[Series(outcome=Outcome.KEPT, counts=[0, 0, 5, 2])],
            missing=2,
        ),
    ],
    cluster_sizes=[ClusterSizes(smallest=3, largest=3, clusters=1, records=3)],
    largest_clusters=[
        Cluster(
            size=3,
            survivor=example(3, snippet=CHINESE),
            removed=[
                Member(example=example(5), rule="same_text", similarity=1.0),
                Member(example=example(6), rule="near_duplicate", similarity=0.83),
            ],
        )
    ],
    near_duplicates=[
        Pair(
            removed=example(6, snippet=HOSTILE),
            nearest=example(3),
            similarity=0.83,
            survivor_id=f"{3:032x}",
        )
    ],
    duplicate_rules={"same_text": 1, "near_duplicate": 1},
    unreadable=[
        UnreadableRecord(
            source_file="web/<b>cut</b>.warc.gz", record_offset=4711, error=f"cut off {HOSTILE}"
        )
    ],
    fertility=[
        Fertility(
            language="zh", documents=12, words=2000, characters=2100, utf8_bytes=6000, tokens=1500
        )
    ],
)

BUILD = BuildManifest(
    build="0123456789abcdef",
    inputs=[
        InputFact(path="web/pages.warc.gz", format="warc", source="web", size=2048, sha256="a" * 64)
    ],
    unrecognised=[f"notes.bin (no known dump {HOSTILE})"],
    records=12,
    outcomes={"kept": 7, "dropped": 2, "duplicate": 2, "unreadable": 1},
    rules={"max_toxicity": 1, "record_type": 1, "same_text": 1, "near_duplicate": 1},
    per_file=[
        FileCounts(
            path="web/pages.warc.gz", records=9, kept=4, dropped=2, duplicate=2, unreadable=1
        ),
        FileCounts(path="news/feed.xml", records=3, kept=3),
    ],
    ledger="ledger/v1/batch=b",
    shards="shards/v1/batch=b/manifest.json",
    shards_sha256="b" * 64,
    config={
        "pii": {"redact": ["email"]},
        "dedup": {"threshold": 0.8},
        "tokenizer": {"path": HOSTILE},
    },
    code_version="0.1.0",
)

SHARDS = Manifest(
    dtype="uint16",
    tokenizer=TokenizerFacts(
        sha256="c" * 64, vocabulary_size=6000, end_of_text_id=5999, end_of_text="<|endoftext|>"
    ),
    sources=["web", "book", "news"],
    shards=[
        Shard(
            name="train/shard-00000",
            split="train",
            num_tokens=1200,
            num_documents=6,
            num_utf8_bytes=5400,
            tokens_per_source={"web": 1000, "news": 200},
            sha256={".bin": "d" * 64},
        ),
        Shard(
            name="validation/shard-00000",
            split="validation",
            num_tokens=100,
            num_documents=1,
            num_utf8_bytes=300,
            tokens_per_source={"web": 100},
            sha256={".bin": "e" * 64},
        ),
    ],
    config={},
    inputs_sha256="f" * 64,
    ledger_sha256="0" * 64,
    code_version="0.1.0",
)
