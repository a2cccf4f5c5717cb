import pytest
from pydantic import ValidationError

from schemas.config import Section, build_config
from trainer.model_params import PRESETS, ModelParams


def test_a_preset_gives_the_shape_and_keys_beside_it_win():
    params = ModelParams(preset="124M", num_kv_heads=4)
    assert (params.d_model, params.num_layers, params.num_kv_heads) == (768, 12, 4)
    assert ModelParams.model_validate(params.model_dump()) == params
    assert not ModelParams(preset="7B").tied_embeddings


def test_an_unknown_preset_is_refused_with_those_that_there_are():
    with pytest.raises(ValidationError, match="'1M', '10M'"):
        ModelParams(preset="5M")


def test_one_probability_of_dropout_serves_all_places_that_have_none():
    params = ModelParams(dropout=0.2, attention_dropout=0.0)
    places = [params.dropout_of(place) for place in ("embedding", "residual", "attention")]
    assert places == [0.2, 0.2, 0.0]


def test_every_preset_has_whole_heads():
    for name in PRESETS:
        assert ModelParams(preset=name).head_size % 16 == 0


def test_a_preset_of_the_command_line_wins_over_the_shape_of_the_file():
    class Whole(Section):
        model: ModelParams = ModelParams()

    file = {"model": {"d_model": 64, "num_heads": 2, "num_layers": 1, "dropout": 0.5}}
    overrides = ["model.num_layers=3", "model.preset=7B"]
    params = build_config(Whole, file, where="t.toml", overrides=overrides).model
    assert (params.d_model, params.num_heads, params.num_layers) == (4096, 32, 3)
    assert params.dropout == 0.5 and not params.tied_embeddings
