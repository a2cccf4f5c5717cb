import json

import pytest

from schemas.errors import ConfigError, ShardError
from schemas.shards import read_manifest
from tests.trainer.test_checkpoint import CONFIG, state
from trainer.run_state import changed_keys, check_same_run, first_state


def config(key, value):
    tree = json.loads(json.dumps(CONFIG))
    *sections, name = key.split(".")
    node = tree
    for section in sections:
        node = node[section]
    node[name] = value
    return tree


@pytest.mark.parametrize(
    "key", ["seed", "model.d_model", "data.sequence_length", "data.global_batch_size"]
)
def test_another_model_or_order_of_the_data_is_refused(key):
    with pytest.raises(ConfigError, match=rf"^{key} = 99: the run was started with \d+; choose"):
        check_same_run(state(3), state(0, config=config(key, 99)))


def test_other_shards_are_refused():
    with pytest.raises(ShardError, match="started on shards aaaaaaaaaaaa, the manifest is now bbb"):
        check_same_run(state(3), state(0, manifest_sha256="b" * 64))


def test_a_longer_schedule_is_welcome():
    check_same_run(state(3), state(0, config=config("schedule.num_steps", 99)))


def test_what_changes_the_training_of_a_resumed_run_is_named(tiny, manifest):
    shards = read_manifest(manifest)
    old = first_state(tiny("logging.every=7", "checkpoint.every=9"), shards)
    assert changed_keys(old, first_state(tiny(output="moved"), shards)) == []
    overrides = ["optimizer.learning_rate=0.5", "data.source_weights={news=0.5}"]
    assert changed_keys(old, first_state(tiny(*overrides), shards)) == [
        "optimizer.learning_rate = 0.5 (was 0.01)",
        "data.source_weights = {'news': 0.5} (was {})",
    ]


def test_keys_that_an_older_run_did_not_have_count_as_their_defaults():
    old = state(3)
    check_same_run(old, state(0, config=config("model.norm", "rms")))
    with pytest.raises(ConfigError, match=r"model\.norm = 'layer': the run was started with 'rms'"):
        check_same_run(old, state(0, config=config("model.norm", "layer")))
    check_same_run(old, state(0, config=config("data.shuffle_window", None)))
    with pytest.raises(ConfigError, match=r"data\.shuffle_window = 8: the run was started with No"):
        check_same_run(old, state(0, config=config("data.shuffle_window", 8)))
    exact = json.loads(json.dumps(CONFIG)) | {"parallel": {"mode": "exact", "num_slots": 8}}
    with pytest.raises(
        ConfigError, match=r"parallel\.mode = 'exact': the run was started with 'fa"
    ):
        check_same_run(old, state(0, config=exact))


def test_a_first_state_names_the_data(tiny, manifest):
    found = first_state(tiny(), read_manifest(manifest))
    assert (found.step, found.vocabulary_size) == (0, 300)
    assert found.manifest_sha256 == read_manifest(manifest).identity()
