import pytest

from schemas.config import build_config
from schemas.errors import ConfigError
from trainer.config import TrainConfig


def build(*overrides: str) -> TrainConfig:
    return build_config(TrainConfig, {"data": {"manifest": "x"}}, where="test", overrides=overrides)


def test_everything_but_the_manifest_has_a_default():
    assert build().data.manifest == "x"
    with pytest.raises(ConfigError, match=r"missing key data$"):
        build_config(TrainConfig, {}, where="test")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("model.num_heads=5", "even multiple of num_heads"),
        ("model.num_kv_heads=4", "multiple of num_kv_heads"),
        ("model.dropout=1.0", "model.dropout"),
        ("data.verify=sometimes", "data.verify"),
        ("optimizer.nesterov=1", "unknown key optimizer.nesterov; allowed here: kind"),
        ("schedule.num_steps=2.5", "schedule.num_steps"),
    ],
)
def test_a_wrong_value_is_refused_by_its_key(override, message):
    with pytest.raises(ConfigError, match=message):
        build(override)


def test_every_key_explains_itself():
    def walk(model):
        for name, field in model.model_fields.items():
            if hasattr(field.annotation, "model_fields"):
                walk(field.annotation)
            else:
                assert field.description, f"{model.__name__}.{name}"

    walk(TrainConfig)


def test_learned_positions_must_reach_the_end_of_a_sequence(tiny):
    tiny("model.positions=learned", "model.num_positions=8")
    with pytest.raises(ConfigError, match=r"data\.sequence_length must be at most .*positions, 7"):
        tiny("model.positions=learned", "model.num_positions=7")
