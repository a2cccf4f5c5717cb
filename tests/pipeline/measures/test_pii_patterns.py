"""What counts as personal data, and what only looks like it."""

import json
import random
import time
from pathlib import Path

import pytest

from pipeline.measures.pii_narrow import narrow
from pipeline.measures.pii_patterns import (
    find_kind,
    iban_is_valid,
    luhn_is_valid,
    resident_id_is_valid,
)
from schemas.documents import PiiKind

CASES = json.loads(
    (Path(__file__).resolve().parents[2] / "cases" / "pii.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", CASES, ids=[case["text"][:40] for case in CASES])
def test_cases(case):
    text = case["text"]
    spans = find_kind(PiiKind(case["kind"]), narrow(text))
    assert [text[a:b] for a, b in spans] == case["found"]


def test_every_kind_has_cases_for_and_against():
    for kind in PiiKind:
        assert {bool(case["found"]) for case in CASES if case["kind"] == kind} == {True, False}


def test_one_wrong_digit_breaks_every_checksum():
    for is_valid, number in (
        (iban_is_valid, "GB29NWBK60161331926819"),
        (luhn_is_valid, "4111111111111111"),
        (resident_id_is_valid, "11010519491231002X"),
    ):
        assert is_valid(number)
        for place, character in enumerate(number):
            if character.isdigit():
                other = str((int(character) + 1) % 10)
                assert not is_valid(number[:place] + other + number[place + 1 :]), (number, place)


@pytest.mark.parametrize(
    "text",
    ["1" * 20000, "12 " * 8000, "1-" * 10000, "a@" * 10000, "a." * 10000 + "@", "(1) " * 5000,
     "GB29" + " N" * 10000, "1:" * 10000, "1.2." * 5000, "+" * 20000, "0 0-0/0.0(0)" * 2000],
    ids=lambda text: text[:8],
)  # fmt: skip
def test_time_grows_with_the_text_and_no_faster(text):
    def seconds(part):
        started = time.perf_counter()
        for kind in PiiKind:
            list(find_kind(kind, part))
        return time.perf_counter() - started

    small = min(seconds(text[: len(text) // 8]) for _ in range(3))
    assert min(seconds(text) for _ in range(3)) < 8 * 12 * small + 0.05


def test_numbers_at_random_are_hardly_ever_personal():
    generator = random.Random(3)
    numbers = [str(generator.randrange(10**11, 10**19)) for _ in range(5000)]
    found = sum(
        any(True for _ in find_kind(kind, f"total {number} units"))
        for number in numbers
        for kind in PiiKind
    )
    assert found < 0.02 * len(numbers)
