"""The configuration of decide: layers, sources, and messages for mistakes."""

import numpy as np
import pytest

from pipeline.decide.limits import Limits
from pipeline.decide.rules import DecideParams, threshold_table
from schemas.config import Section, build_config
from schemas.documents import Source
from schemas.errors import ConfigError


class Config(Section):
    decide: DecideParams = DecideParams()


def configured(tree, *overrides):
    return build_config(Config, tree, where="corpus.toml", overrides=overrides).decide


def least_words(params, source, *, is_unspaced=False):
    return params.limits_for(source, is_unspaced=is_unspaced).min_words


def test_a_wrong_preset_is_told_with_those_that_there_are():
    with pytest.raises(ConfigError, match="'datatrove', 'dolma', 'dclm' or 'none'"):
        configured({"decide": {"preset": "gofer"}})


@pytest.mark.parametrize(
    ("tree", "key"),
    [
        ({"decide": {"min_wrods": 3}}, "unknown key decide.min_wrods"),
        ({"decide": {"max_toxicity": 1.5}}, "decide.max_toxicity = 1.5"),
        ({"decide": {"social": {"max_digits": "a"}}}, "decide.social.max_digits = 'a'"),
        ({"decide": {"soical": {"min_words": 1}}}, "unknown key decide.soical"),
    ],
)
def test_mistakes_are_told_by_their_key(tree, key):
    with pytest.raises(ConfigError, match=key.replace(".", r"\.")):
        configured(tree)


def test_what_is_set_goes_before_the_preset_and_the_special_before_the_general():
    params = configured(
        {"decide": {"min_words": 20, "social": {"min_words": 5}, "unspaced": {"min_words": 30}}}
    )
    assert least_words(params, Source.WEB) == 20
    assert least_words(params, Source.NEWS) == 20
    assert least_words(params, Source.SOCIAL) == 5
    assert least_words(params, Source.WEB, is_unspaced=True) == 30
    assert least_words(params, Source.SOCIAL, is_unspaced=True) == 5


def test_keys_can_be_set_on_the_command_line():
    params = configured({}, "decide.min_words=7", "decide.book.max_short_lines=0.5")
    assert least_words(params, Source.BOOK) == 7
    assert params.book == Limits(max_short_lines=0.5)
    assert configured({}, 'decide.languages=["zh", "en"]').languages == ("zh", "en")


def test_the_preset_has_its_own_limits_for_short_sources_and_for_chinese():
    params = DecideParams()
    assert least_words(params, Source.WEB) == 50
    assert least_words(params, Source.WEB, is_unspaced=True) == 80
    assert least_words(params, Source.SOCIAL) == 8


def test_the_table_has_a_place_for_each_source_and_kind():
    table = threshold_table(DecideParams(preset="none", news=Limits(min_words=3)))
    assert list(table) == ["min_words"]
    expected = np.full(2 * len(Source), np.nan)
    expected[[2 * Source.NEWS.code, 2 * Source.NEWS.code + 1]] = 3
    np.testing.assert_array_equal(table["min_words"], expected)


def test_no_parameters_are_lost_on_the_way_to_json_and_back():
    params = DecideParams(preset="c4", min_words=3, wiki=Limits(max_digits=0.1), languages=("th",))
    assert DecideParams.model_validate_json(params.model_dump_json()) == params
