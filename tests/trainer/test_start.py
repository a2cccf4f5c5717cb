import json
import shutil
from pathlib import Path

import pytest
import torch

from schemas.config import build_config
from schemas.errors import ConfigError
from tests.trainer.handmade import SENTENCES, encode, train_tokenizer, write_shards
from tests.trainer.ranks import train_on
from trainer import checkpoint
from trainer.config import TrainConfig
from trainer.loop import train
from trainer.metrics import read_metrics
from trainer.model import Transformer
from trainer.plan import print_plan
from trainer.run_state import first_state
from trainer.shards import TokenStream
from trainer.start import load_start, with_start


def latest(config):
    return checkpoint.find(Path(config.output), "latest")


def losses(config):
    return [row["loss"] for row in read_metrics(Path(config.output) / "metrics.jsonl")]


@pytest.fixture
def base(tiny):
    """A run that has learnt something, with averaged weights."""
    config = tiny(
        "schedule.num_steps=60",
        "optimizer.average_decay=0.9",
        "model.dropout=0.0",
        output="base",
    )
    train(config)
    return config


@pytest.fixture
def other_shards(tmp_path, tokenizer):
    documents = encode(tokenizer, SENTENCES[::-1])
    folder = tmp_path / "other"
    folder.mkdir()
    return write_shards(folder, tokenizer, [("train", documents), ("validation", documents[:2])])


@pytest.fixture
def tuned(tmp_path, base, other_shards):
    """A configuration that says nothing of the model but where its weights are."""

    def build(*overrides, output="tuned"):
        tree = base.model_dump(exclude={"model", "start"})
        tree["output"] = str(tmp_path / output)
        tree["data"]["manifest"] = str(other_shards)
        tree["optimizer"]["average_decay"] = None
        tree["start"] = {"run": base.output}
        return build_config(TrainConfig, tree, where="test", overrides=overrides)

    return build


@pytest.mark.parametrize("average", [True, False])
def test_the_run_begins_with_the_weights_of_the_other(base, tuned, average):
    config = with_start(tuned(f"start.average={str(average).lower()}"))
    assert config.model == base.model
    torch.manual_seed(0)
    manifest = TokenStream(config.data.manifest, "train").manifest
    model = Transformer(config.model, manifest.tokenizer.vocabulary_size)
    said = load_start(config.start, model, first_state(config, manifest), None)
    assert said.startswith(f"begins with the {'averaged ' * average}weights of {latest(base)}")
    read = checkpoint.read_average if average else checkpoint.read_model
    stored = dict(read(latest(base)).items())
    assert stored.keys() == model.weights().keys()
    for name, weight in model.weights().items():
        assert torch.equal(weight, stored[name]), name


def test_it_goes_on_learning_where_the_other_stopped(base, tuned, tiny):
    config = tuned("schedule.num_steps=6")
    train(config)
    assert losses(base)[0] > 5 and losses(base)[-1] < 4.5
    assert losses(config)[0] < losses(base)[0] - 1
    record = json.loads((Path(config.output) / "start.json").read_text())
    state = checkpoint.read_state(latest(base))
    assert record["checkpoint"] == latest(base).name
    assert record["manifest_sha256"] == state.manifest_sha256
    assert record["files_sha256"].items() <= state.files_sha256.items()
    assert checkpoint.read_state(latest(config)).step == 6


def test_its_own_average_begins_at_these_weights(base, tuned):
    config = tuned(
        "schedule.num_steps=1", "optimizer.average_decay=0.9", "optimizer.learning_rate=1e-7"
    )
    train(config)
    begun = dict(checkpoint.read_average(latest(base)).items())
    for name, average in checkpoint.read_average(latest(config)).items():
        torch.testing.assert_close(average, begun[name], atol=1e-6, rtol=1e-5)


def test_resumed_without_the_other_run_it_ends_in_the_same_weights(base, tuned):
    whole, half, rest = (
        tuned("schedule.kind=constant", f"schedule.num_steps={num_steps}", output=output)
        for num_steps, output in ((6, "whole"), (3, "halves"), (6, "halves"))
    )
    train(whole)
    train(half)
    shutil.rmtree(base.output)
    train(rest)
    states = [checkpoint.read_state(latest(config)) for config in (whole, rest)]
    assert states[0].files_sha256 == states[1].files_sha256


def test_a_run_does_not_change_what_it_began_with(base, tuned):
    config = tuned("schedule.num_steps=3")
    train(config)
    with pytest.raises(ConfigError, match=r"start\.average = False: the run was started with True"):
        train(tuned("start.average=false"))
    without = config.model_copy(update={"start": None, "model": base.model})
    with pytest.raises(ConfigError, match=r"^start = None: the run was started with \{'average'"):
        train(without)


def test_what_does_not_shape_the_weights_may_differ(tuned):
    config = tuned("model.dropout=0.3", "model.document_masking=true", "schedule.num_steps=1")
    assert (with_start(config).model.dropout, with_start(config).model.d_model) == (0.3, 16)
    train(config)


def test_another_shape_is_refused_by_name(base, tuned):
    with pytest.raises(ConfigError, match=r"^model\.num_layers = 3: the weights of .* have 2;"):
        train(tuned("model.num_layers=3"))
    assert not (Path(base.output).parent / "tuned").exists()


def test_shards_of_another_tokenizer_are_refused(tuned, tmp_path):
    other = train_tokenizer(["quite other words"], 290)
    folder = tmp_path / "foreign"
    folder.mkdir()
    foreign = write_shards(folder, other, [("train", encode(other, SENTENCES))])
    with pytest.raises(ConfigError, match=r"start\.run = .*reads the tokenizer .*tokenizer\.path"):
        train(tuned(f"data.manifest={foreign}"))


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("start.run=nowhere", "start: nowhere: no latest checkpoint"),
        ("start.checkpoint=step-00000007", "start: .*base: no checkpoint step-00000007"),
    ],
)
def test_a_start_that_is_not_there_is_told(tuned, override, said):
    with pytest.raises(ConfigError, match=said):
        train(tuned(override))


def test_the_plan_is_of_the_model_that_will_be_trained(base, tuned, capsys):
    print_plan(tuned())
    num_weights = sum(w.numel() for w in checkpoint.read_model(latest(base)).values())
    assert f"{num_weights:,}" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["exact", "fsdp"])
def test_several_ranks_begin_with_the_same_weights(tuned, tmp_path, mode):
    options = ("schedule.num_steps=2", f"parallel.mode={mode}", "model.dropout=0.0")
    options += ("data.micro_batch_size=2", "parallel.num_slots=4")
    options += ("optimizer.learning_rate=1e-7",)  # so that no rounding is made a step of it
    one, two = (with_start(tuned(*options, output=name)) for name in ("one", "two"))
    train(one)
    train_on(2, two, tmp_path)
    for (name, ours), theirs in zip(
        checkpoint.read_model(latest(one)).items(),
        checkpoint.read_model(latest(two)).values(),
        strict=True,
    ):
        torch.testing.assert_close(ours, theirs, msg=name)
