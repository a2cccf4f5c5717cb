"""ATTRIBUTES and thresholds -> the verdict on every record, with its reason."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.decide.limits import COLUMN_OF_LIMIT
from pipeline.decide.presets import PRESETS
from pipeline.decide.rules import UNSPACED_ABOVE, DecideParams, threshold_table
from pipeline.measures.toxicity import threshold_of
from schemas.documents import Source
from schemas.errors import DataError
from schemas.ledger import Outcome

VERDICTS = pa.schema(
    [
        pa.field("doc_id", pa.string(), nullable=False),
        pa.field("source_file", pa.string(), nullable=False),
        pa.field("record_offset", pa.int64(), nullable=False),
        pa.field("outcome", pa.string(), nullable=False),
        pa.field("rule", pa.string()),
        pa.field("value", pa.float64()),
        pa.field("threshold", pa.float64()),
        pa.field("detail", pa.string()),
    ]
)

UNDETERMINED = "und"
# Limits on words of one language: tried on it alone, from that certainty on. Languages that the
# detector does not know look like English at half its certainty (Gaelic: 0.7).
_OF_ONE_LANGUAGE = {"min_stop_words": ("en", 0.8), "min_function_characters": ("zh", 0.0)}


def decide_batch(attributes: pa.RecordBatch, params: DecideParams) -> pa.RecordBatch:
    """Verdict of each record of a batch of ATTRIBUTES: columns ``VERDICTS``.

    In this order: an error makes it unreadable (detail: the error), a skip rule drops it, then the
    first limit that it breaks does: ``languages``, ``min_language_score``, ``min_language_share``
    (detail: the language), the quality limits in the order of ``COLUMN_OF_LIMIT``,
    ``at_least``, ``at_most``, ``max_toxicity``. ``value`` is what was measured, ``threshold`` what
    it should have met.

    Raises:
        DataError: a record is of no known source, or has neither text, error nor skip rule.
    """
    is_unreadable = _mask(pc.is_valid(attributes.column("error")))
    is_skipped = _mask(pc.is_valid(attributes.column("skip_rule"))) & ~is_unreadable
    is_document = document_mask(attributes)
    if np.any(is_document & _mask(pc.is_null(attributes.column("num_words")))):
        raise DataError("attributes: a record has neither text nor error nor skip rule")

    rules, failed, values, thresholds = try_limits(attributes, params)
    failed &= is_document
    first: NDArray[np.intp] = np.argmax(failed, axis=0)
    is_over_limit: NDArray[np.bool_] = np.any(failed, axis=0)
    columns = np.arange(attributes.num_rows)

    def where(mask: NDArray[np.bool_], numbers: NDArray[np.float64]) -> pa.Array:
        return pa.array(numbers, pa.float64(), mask=~mask | np.isnan(numbers))

    rule = pa.array(rules, pa.string()).take(pa.array(first, pa.int64(), mask=~is_over_limit))
    is_by_language = is_over_limit & (first < 3)
    outcome = np.where(is_unreadable, 2, (is_skipped | is_over_limit).astype(np.int64))
    outcomes = [Outcome.KEPT.value, Outcome.DROPPED.value, Outcome.UNREADABLE.value]
    return pa.RecordBatch.from_arrays(
        [
            *(attributes.column(name) for name in ("doc_id", "source_file", "record_offset")),
            pa.array(outcomes, pa.string()).take(pa.array(outcome)),
            pc.if_else(pa.array(is_skipped), attributes.column("skip_rule"), rule),
            where(is_over_limit, values[first, columns]),
            where(is_over_limit, thresholds[first, columns]),
            pc.if_else(
                pa.array(is_unreadable),
                attributes.column("error"),
                pc.if_else(pa.array(is_by_language), attributes.column("language"), None),
            ),
        ],
        schema=VERDICTS,
    )


def document_mask(attributes: pa.RecordBatch) -> NDArray[np.bool_]:
    """Which records are judged by limits: those that are neither unreadable nor skipped."""
    return _mask(pc.is_null(attributes.column("error"))) & _mask(
        pc.is_null(attributes.column("skip_rule"))
    )


def try_limits(
    attributes: pa.RecordBatch, params: DecideParams
) -> tuple[list[str], NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]:
    """Every limit on every record: names, and (num_limits, num_records) arrays of whether it is
    broken, what was measured and the threshold."""
    language_score = _numbers(attributes, "language_score")
    language = attributes.column("language")
    nothing = np.full(attributes.num_rows, np.nan)
    share = _numbers(attributes, "language_share")
    least_share = np.full(attributes.num_rows, params.min_language_share)
    listed = pa.array(params.languages, pa.string())
    with_script = pc.binary_join_element_wise(language, attributes.column("chinese_script"), "-")
    is_listed = _mask(pc.is_in(language, value_set=listed))
    is_listed |= _mask(pc.is_in(with_script, value_set=listed))
    is_known = ~_mask(pc.equal(language, UNDETERMINED))
    least_score = np.full(attributes.num_rows, params.min_language_score)
    tried: list[tuple[str, NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]] = [
        ("languages", ~is_listed & bool(params.languages), language_score, nothing),
        (
            "min_language_score",
            (language_score < least_score) & is_known,
            language_score,
            least_score,
        ),
        ("min_language_share", (share < least_share) & is_known, share, least_share),
    ]
    codes = pc.index_in(
        attributes.column("source"), value_set=pa.array([source.value for source in Source])
    )
    if codes.null_count:
        raise DataError("attributes.source: unknown source")
    is_unspaced = _numbers(attributes, "unspaced_fraction") > UNSPACED_ABOVE
    kind = 2 * np.asarray(codes, np.int64) + is_unspaced
    for name, row in threshold_table(params).items():
        value, threshold = _numbers(attributes, COLUMN_OF_LIMIT[name]), row[kind]
        # NaN (not measured, not tried) compares as false.
        broken = value < threshold if name.startswith("min_") else value > threshold
        if name in _OF_ONE_LANGUAGE and not PRESETS[params.preset].is_parity:
            code, certainty = _OF_ONE_LANGUAGE[name]
            broken &= _mask(pc.equal(language, code)) & (language_score >= certainty)
        tried.append((name, broken, value, threshold))
    for prefix, limits in (("min_", params.at_least), ("max_", params.at_most)):
        for name, limit in limits.items():
            value, threshold = _numbers(attributes, name), np.full(attributes.num_rows, limit)
            broken = value < threshold if prefix == "min_" else value > threshold
            tried.append((prefix + name, broken, value, threshold))
    toxicity = _numbers(attributes, "toxicity")
    highest = threshold_of(language)
    if params.max_toxicity is not None:
        highest[:] = params.max_toxicity
    tried.append(("max_toxicity", toxicity > highest, toxicity, highest))
    names, broken_rows, value_rows, threshold_rows = zip(*tried, strict=True)
    return list(names), np.array(broken_rows), np.array(value_rows), np.array(threshold_rows)


def _mask(column: pa.Array) -> NDArray[np.bool_]:
    """Boolean column as an array; null counts as false."""
    return np.asarray(pc.fill_null(column, False), np.bool_)


def _numbers(attributes: pa.RecordBatch, name: str) -> NDArray[np.float64]:
    """Numeric column as float64; null becomes NaN."""
    return np.asarray(attributes.column(name).cast(pa.float64()).to_numpy(zero_copy_only=False))
