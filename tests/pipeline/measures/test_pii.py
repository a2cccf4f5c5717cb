"""Personal data: found, counted, replaced; and how well, on labelled sentences."""

import gzip
import json
import time
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.measures.pii import find, measure, redact, redact_batch
from schemas.documents import PiiKind

LABELS = {
    "EMAIL_ADDRESS": PiiKind.EMAIL,
    "IBAN_CODE": PiiKind.IBAN,
    "CREDIT_CARD": PiiKind.CREDIT_CARD,
    "US_SSN": PiiKind.US_SSN,
    "IP_ADDRESS": PiiKind.IP_ADDRESS,
    "PHONE_NUMBER": PiiKind.PHONE,
}


def test_equal_pieces_have_equal_numbers_however_they_are_written():
    text = "4111 1111 1111 1111 or 4111111111111111, Ann@Example.org or ann@example.org, 8.8.8.8"
    assert (
        redact(text) == "[CREDIT_CARD_1] or [CREDIT_CARD_1], [EMAIL_1] or [EMAIL_1], [IP_ADDRESS_1]"
    )


def test_each_kind_is_numbered_by_itself():
    assert redact("a@x.org b@x.org 8.8.8.8") == "[EMAIL_1] [EMAIL_2] [IP_ADDRESS_1]"


def test_chinese_numbers_are_replaced_between_characters_without_spaces():
    text = "张三，身份证11010519491231002X，手机13912345678，邮箱zs@example.cn。"
    assert redact(text) == "张三，身份证[CN_RESIDENT_ID_1]，手机[CN_MOBILE_1]，邮箱[EMAIL_1]。"


def test_full_width_numbers_and_addresses_are_the_same_as_narrow_ones():
    numbers = "手机：１３９－１２３４－５６７８、13912345678；８．８．８．８"
    assert redact(numbers) == "手机：[CN_MOBILE_1]、[CN_MOBILE_1]；[IP_ADDRESS_1]"
    assert redact("هاتف: ٠٥٠-١٢٣-٤٥٦٧، 050-123-4567") == "هاتف: [PHONE_1]، [PHONE_1]"
    assert redact("ａｎｎ＠example．org，ann@example.org") == "[EMAIL_1]，[EMAIL_1]"


@given(st.text(max_size=80))
def test_a_text_without_personal_data_stays_as_it_is(text):
    sound = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if not find(sound):
        assert redact(text) == sound


@given(st.lists(st.sampled_from(["a@b.org", "+44 20 7946 0958", " x ", "中", "8.8.8.8", "\n"])))
def test_nothing_is_left_to_find(pieces):
    once = redact(" ".join(pieces))
    assert find(once) == []
    assert redact(once) == once


def test_a_batch_counts_and_replaces_what_single_texts_do():
    texts = ["nobody here", None, "a@x.org, 415-555-2671", "", "中文 b@y.cn 和 c@y.cn"]
    counts = measure(pa.array(texts))
    assert counts.dtype == np.int64
    for text, row in zip(texts, counts, strict=True):
        expected = Counter(span.kind for span in find(text or ""))
        assert row.tolist() == [expected[kind] for kind in PiiKind]
    redacted = redact_batch(pa.array(texts), tuple(PiiKind)).to_pylist()
    assert redacted == [text and redact(text) for text in texts]


def test_only_the_kinds_asked_for_are_replaced():
    texts = pa.array(["a@x.org 8.8.8.8"])
    assert redact_batch(texts, (PiiKind.EMAIL,)).to_pylist() == ["[EMAIL_1] 8.8.8.8"]
    assert redact_batch(texts, ()) is texts


@pytest.mark.shared
@pytest.mark.parametrize("name", ["presidio_synth_v2", "presidio_generated_large"])
def test_structured_kinds_are_found_in_labelled_sentences(shared_data, name):
    gold, hits, found, right = Counter(), Counter(), Counter(), Counter()
    with gzip.open(shared_data / "pii" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            labelled = [
                (LABELS[s["entity_type"]], s["start_position"], s["end_position"])
                for s in row["spans"]
                if s["entity_type"] in LABELS
                # A private address tells nobody's whereabouts.
                and not s["entity_value"].startswith("10.")
            ]
            spans = [(span.kind, span.start, span.end) for span in find(row["full_text"])]
            for kind, start, end in labelled:
                gold[kind] += 1
                hits[kind] += any(k is kind and a < end and start < b for k, a, b in spans)
            for kind, start, end in spans:
                found[kind] += 1
                right[kind] += any(a < end and start < b for _, a, b in labelled)
    for kind in LABELS.values():
        assert hits[kind] >= 0.95 * gold[kind] > 0, (kind, hits[kind], gold[kind])
        assert right[kind] >= 0.95 * found[kind], (kind, right[kind], found[kind])


def test_a_list_of_addresses_takes_time_in_its_length():
    def seconds(pieces):
        text = ", ".join(f"名{i}@example.org a{i}@example.org" for i in range(pieces))
        started = time.perf_counter()
        assert len(find(text)) == 2 * pieces
        redact(text)
        return time.perf_counter() - started

    small = min(seconds(1000) for _ in range(3))
    assert min(seconds(10_000) for _ in range(3)) < 40 * small
