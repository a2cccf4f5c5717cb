import re

import pytest

from pipeline.decide.limits import Limits
from pipeline.decide.rules import DecideParams
from pipeline.measures.attributes import ATTRIBUTES
from pipeline.measures.language_profiles import load
from pipeline.report.names import LANGUAGE_NAMES, MEASURES, explain_rule, measure_of_rule
from schemas.ledger import DuplicateRule


@pytest.mark.parametrize("rule", [*Limits.model_fields, *DuplicateRule, "languages"])
def test_every_rule_is_explained_in_plain_words(rule):
    assert re.fullmatch(r"[a-z][^_.]{3,90}", explain_rule(rule)), rule


def test_an_unknown_rule_has_no_explanation():
    assert explain_rule("max_top_x") == ""


def test_plotted_values_are_measured_and_their_rules_exist():
    assert set(MEASURES) <= set(ATTRIBUTES.schema.names)
    for rule in ("max_toxicity", "min_language_score"):
        assert rule in DecideParams.model_fields
        assert measure_of_rule(rule) in MEASURES
    assert measure_of_rule("min_words") == ""


def test_every_language_that_can_be_detected_has_a_name():
    assert set(load().codes) | {"und"} <= set(LANGUAGE_NAMES)
