"""What the report says about a build beside its manifest: bounded counts and examples.

``pipeline.spark.statistics`` fills it, ``pipeline.report.page`` shows it, and it lies as
``statistics.json`` beside the page. Its size does not grow with the corpus.
"""

from pydantic import Field

from schemas.build import BuildManifest
from schemas.config import Section
from schemas.errors import DataError
from schemas.ledger import Outcome


class Outcomes(Section):
    """Records of one group, by what became of them."""

    records: int = Field(ge=0)
    kept: int = Field(default=0, ge=0)
    dropped: int = Field(default=0, ge=0)
    duplicate: int = Field(default=0, ge=0)
    unreadable: int = Field(default=0, ge=0)


class Group(Section):
    """Records of one source or one language, and how much text of it was kept."""

    name: str
    outcomes: Outcomes
    kept_words: int = 0
    kept_characters: int = 0


class Example(Section):
    """One record with the beginning of its text."""

    source_file: str
    record_offset: int
    doc_id: str
    source: str
    source_key: str
    value: float | None = None
    threshold: float | None = None
    detail: str | None = None
    title: str | None = None
    snippet: str | None = None
    """First characters of the text; null where the record has none."""


class DropReason(Section):
    """All records that one rule dropped."""

    rule: str
    records: int
    smallest_threshold: float | None = None
    largest_threshold: float | None = None
    """Both are equal unless the cut differs between sources or kinds of script."""
    smallest_value: float | None = None
    largest_value: float | None = None
    examples: list[Example]


class LimitCounts(Section):
    """What one limit costs: the ledger names only the first that a record breaks."""

    rule: str
    broken: int = Field(ge=0)
    """Records that break it, whatever else they break."""
    broken_alone: int = Field(ge=0)
    """Records that break nothing else: they would be kept without it, unless duplicates."""
    characters_alone: int = Field(ge=0)


class PersonalData(Section):
    """How much of one kind of personal data there is in records with text."""

    kind: str
    documents: int = Field(ge=0)
    """Records that hold some."""
    pieces: int = Field(ge=0)
    kept_documents: int = Field(ge=0)
    kept_pieces: int = Field(ge=0)


class Series(Section):
    """Counts of the records with one outcome, one per bin."""

    outcome: Outcome
    counts: list[int]


class Histogram(Section):
    """Distribution of one measured value over equal bins; values outside go to the end bins."""

    measure: str
    first: float
    """Lower edge of the first bin."""
    width: float = Field(gt=0)
    logarithmic: bool = False
    """The bins are of the decimal logarithm of the value."""
    series: list[Series]
    missing: int = 0
    """Records that have no such value, because they have no text."""


class Member(Section):
    """A record that was removed as a duplicate."""

    example: Example
    rule: str
    similarity: float | None = None
    """With its most similar verified neighbour in the cluster."""


class Cluster(Section):
    """The document that stayed and some of the records that were removed for it."""

    size: int = Field(ge=2)
    survivor: Example
    removed: list[Member]


class Pair(Section):
    """A removed near-duplicate beside the document it was verified against."""

    removed: Example
    nearest: Example
    similarity: float
    survivor_id: str


class ClusterSizes(Section):
    """Clusters whose number of records, the survivor included, lies in one range."""

    smallest: int = Field(ge=2)
    largest: int = Field(ge=2)
    clusters: int = Field(ge=1)
    records: int = Field(ge=2)


class UnreadableRecord(Section):
    """A record, or the rest of a file, that could not be read."""

    source_file: str
    record_offset: int
    error: str


class Fertility(Section):
    """What the tokenizer makes of a sample of one language's kept documents."""

    language: str
    documents: int = Field(ge=1)
    words: int = Field(ge=0)
    characters: int = Field(ge=0)
    utf8_bytes: int = Field(ge=0)
    tokens: int = Field(ge=0)


class Statistics(Section):
    """Everything that the report counts or quotes; see the classes above."""

    sources: list[Group]
    languages: list[Group]
    """By number of records; the rest of a long list is summed up as ``other``."""
    drop_reasons: list[DropReason]
    limits: list[LimitCounts] = Field(default_factory=list)
    """Limits that some record breaks."""
    personal_data: list[PersonalData] = Field(default_factory=list)
    """Kinds of which there is some."""
    kept_examples: list[Example]
    histograms: list[Histogram]
    cluster_sizes: list[ClusterSizes]
    """Every size up to ten, then a range per power of two."""
    largest_clusters: list[Cluster]
    near_duplicates: list[Pair]
    """Those nearest to the threshold, where a wrong decision is most likely."""
    duplicate_rules: dict[str, int]
    unreadable: list[UnreadableRecord]
    fertility: list[Fertility] = Field(default_factory=list)


def check_funnel(build: BuildManifest, statistics: Statistics) -> None:
    """Prove that every number of the funnel adds up, over all ways in which it is cut.

    Raises:
        DataError: in = kept + dropped + duplicate + unreadable fails somewhere, or two tables
            disagree; names the table.
    """
    total = Outcomes(
        records=build.records,
        **{outcome.value: build.outcomes.get(outcome.value, 0) for outcome in Outcome},
    )
    rows = [("build", total)]
    rows += [
        (f"file {row.path}", Outcomes.model_validate(row.model_dump(exclude={"path"})))
        for row in build.per_file
    ]
    rows += [(f"source {group.name}", group.outcomes) for group in statistics.sources]
    rows += [(f"language {group.name}", group.outcomes) for group in statistics.languages]
    for name, row in rows:
        outcomes = row.kept + row.dropped + row.duplicate + row.unreadable
        if row.records != outcomes:
            raise DataError(
                f"report: {name} does not add up: {row.records} records in, {outcomes} outcomes"
            )
    for name, parts in (
        ("files", [row for label, row in rows if label.startswith("file ")]),
        ("sources", [group.outcomes for group in statistics.sources]),
        ("languages", [group.outcomes for group in statistics.languages]),
    ):
        summed = add_up(parts)
        if summed != total:
            raise DataError(f"report: {name} do not add up to the build: {summed} against {total}")
    for name, count, expected in (
        ("drop reasons", sum(reason.records for reason in statistics.drop_reasons), total.dropped),
        ("duplicate rules", sum(statistics.duplicate_rules.values()), total.duplicate),
        (
            "clusters",
            sum(row.records - row.clusters for row in statistics.cluster_sizes),
            total.duplicate,
        ),
    ):
        if count != expected:
            raise DataError(f"report: {name} do not add up: {count} records, expected {expected}")


def add_up(parts: list[Outcomes]) -> Outcomes:
    """Sum of the outcomes of disjoint groups.

    >>> add_up([Outcomes(records=1, kept=1), Outcomes(records=2, dropped=2)]).records
    3
    """
    return Outcomes(
        **{name: sum(getattr(part, name) for part in parts) for name in Outcomes.model_fields}
    )
