import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from schemas.errors import ConfigError, DataError
from trainer import checkpoint
from trainer.export import ExportConfig, describe, export_model
from trainer.generate import SamplingParams, Writer
from trainer.loop import train
from trainer.model_params import ModelParams


def exported(tiny, tmp_path, *overrides, **options):
    """A run, and the folder that it was exported to."""
    config = tiny("schedule.num_steps=4", *overrides)
    train(config)
    output = tmp_path / "exported"
    export_model(ExportConfig(run=config.output, output=str(output), **options))
    return config, output


def test_every_weight_is_there_once_under_its_other_name(tiny, tmp_path):
    config, output = exported(tiny, tmp_path, "optimizer.average_decay=0.5")
    written = load_file(output / "model.safetensors")
    averages = checkpoint.read_average(checkpoint.find(Path(config.output), "latest"))
    stored = dict(averages.items())
    assert len(written) == len(stored) - ("head.weight" in stored)
    assert torch.equal(written["model.embed_tokens.weight"], stored["embedding.weight"])
    last = stored["blocks.1.feed_forward.down.weight"]
    assert torch.equal(written["model.layers.1.mlp.down_proj.weight"], last)
    assert not list(tmp_path.glob(".exported"))


def test_the_plain_weights_and_another_format_by_option(tiny, tmp_path):
    config, output = exported(
        tiny, tmp_path, "optimizer.average_decay=0.5", average=False, dtype="bfloat16"
    )
    stored = dict(checkpoint.read_model(checkpoint.find(Path(config.output), "latest")).items())
    written = load_file(output / "model.safetensors")
    assert {weight.dtype for weight in written.values()} == {torch.bfloat16}
    assert torch.equal(written["model.norm.weight"], stored["norm.weight"].bfloat16())
    assert json.loads((output / "config.json").read_text())["torch_dtype"] == "bfloat16"


@pytest.mark.parametrize(
    ("key", "value"),
    [("norm", "layer"), ("positions", "learned"), ("activation", "gelu"), ("logit_soft_cap", 30.0)],
)
def test_what_they_cannot_compute_is_refused_by_name(key, value):
    with pytest.raises(ConfigError, match=rf"^model\.{key} = .*cannot be exported"):
        describe(ModelParams(**{key: value}), 300, 0, 128, "float32")


def test_a_folder_that_exists_is_left_alone(tiny, tmp_path):
    config, output = exported(tiny, tmp_path)
    before = (output / "model.safetensors").stat().st_mtime_ns
    with pytest.raises(ConfigError, match="exists already"):
        export_model(ExportConfig(run=config.output, output=str(output)))
    assert (output / "model.safetensors").stat().st_mtime_ns == before
    with pytest.raises(DataError, match="no latest checkpoint"):
        export_model(ExportConfig(run=str(tmp_path), output=str(tmp_path / "none")))


@pytest.mark.parametrize(
    "overrides",
    [
        (),
        ("model.qk_norm=false",),
        ("model.tied_embeddings=false", "model.rope_base=500.0", "model.norm_epsilon=0.01"),
    ],
)
def test_transformers_computes_the_same(tiny, tmp_path, overrides):
    transformers = pytest.importorskip("transformers", reason="needs the extra 'readers'")
    config, output = exported(tiny, tmp_path, *overrides)
    theirs = transformers.AutoModelForCausalLM.from_pretrained(output)
    kind = "Llama" if "model.qk_norm=false" in overrides else "Qwen3"
    assert type(theirs).__name__ == f"{kind}ForCausalLM"
    writer = Writer(config.output)
    tokens = torch.randint(300, (3, 20), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        ours = writer.model.logits(writer.model(tokens))
        torch.testing.assert_close(theirs(tokens).logits, ours, atol=1e-4, rtol=1e-4)
    tokenizer = transformers.AutoTokenizer.from_pretrained(output)
    prompt = "the cat 小猫"
    ids = tokenizer(prompt, add_special_tokens=False).input_ids
    assert ids == writer.tokenizer.encode(prompt, add_special_tokens=False).ids
    begun = torch.tensor([[tokenizer.bos_token_id, *ids]])
    new = theirs.generate(begun, max_new_tokens=5, do_sample=False)[0, begun.shape[1] :].tolist()
    said = writer.write(prompt, SamplingParams(max_new_tokens=5, temperature=0.0))
    assert tokenizer.decode([*ids, *new], skip_special_tokens=True) == said
