import math
import shutil

import pytest
import torch
from tokenizers import Tokenizer

from schemas.errors import ConfigError, CorpusMillError, DataError
from tests.trainer.handmade import END_OF_TEXT, SENTENCES, encode, write_shards
from trainer.generate import SampleConfig, SamplingParams, Writer, draw, generate, write_samples
from trainer.loop import train
from trainer.model import Transformer
from trainer.model_params import ModelParams

PARAMS = ModelParams(d_model=16, num_layers=2, num_heads=4, num_kv_heads=2, feed_forward_size=24)
END = 0


def build(seed=0):
    torch.manual_seed(seed)
    model = Transformer(PARAMS, 50).eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(8)  # far from uniform, so that a wrong context shows
    return model


def recompute(model, prompt, params, context_length):
    """The same text without a cache: every token from a whole forward pass."""
    generator = torch.Generator().manual_seed(params.seed)
    context, new = list(prompt[-context_length:]), []
    for _ in range(params.max_new_tokens):
        with torch.no_grad():
            logits = model.logits(model(torch.tensor([context]))[0, -1])
        token = draw(logits, params, generator)
        new.append(token)
        context.append(token)
        if len(context) > context_length:
            context = [*prompt, *new][-(context_length // 2) :]
    return new


@pytest.mark.parametrize("context_length", [64, 10, 7])
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_the_cache_gives_the_text_of_full_recomputation(context_length, temperature):
    model = build()
    params = SamplingParams(max_new_tokens=40, temperature=temperature, seed=3)
    prompt = [5, 6, 7, 8, 9, 10, 11, 12]
    fast = generate(model, prompt, params, context_length, end_of_text_id=-1)
    assert fast == recompute(model, prompt, params, context_length)
    assert len(fast) == 40


def test_generation_stops_at_end_of_text():
    model = build()
    params = SamplingParams(max_new_tokens=30, temperature=0.0)
    free = generate(model, [5], params, 64, end_of_text_id=-1)
    end = free[3]
    assert generate(model, [5], params, 64, end) == free[: free.index(end)]


def test_equal_seeds_give_equal_texts():
    model, params = build(), SamplingParams(max_new_tokens=20, temperature=2.0, top_k=None)
    first, again = (generate(model, [5], params, 64, END) for _ in range(2))
    other = generate(model, [5], params.model_copy(update={"seed": 1}), 64, END)
    assert first == again != other


def test_nothing_comes_from_nothing():
    with pytest.raises(CorpusMillError, match="no token"):
        generate(build(), [], SamplingParams(), 8, END)


def shares(probabilities, draws=4000, **fields):
    generator = torch.Generator().manual_seed(0)
    params = SamplingParams(**({"temperature": 1.0, "top_k": None} | fields))
    logits = torch.tensor([math.log(p) for p in probabilities])
    drawn = torch.tensor([draw(logits, params, generator) for _ in range(draws)])
    return [round(float((drawn == i).float().mean()), 2) for i in range(len(probabilities))]


def test_tokens_are_drawn_by_their_probability():
    assert shares([0.2, 0.5, 0.3]) == pytest.approx([0.2, 0.5, 0.3], abs=0.03)


def test_temperature_sharpens():
    squares = [0.04, 0.25, 0.09]
    expected = [p / sum(squares) for p in squares]
    assert shares([0.2, 0.5, 0.3], temperature=0.5) == pytest.approx(expected, abs=0.03)
    assert shares([0.2, 0.5, 0.3], temperature=0.0, draws=5) == [0, 1, 0]


def test_top_k_keeps_the_k_best():
    assert shares([0.2, 0.5, 0.3], top_k=2) == pytest.approx([0, 0.625, 0.375], abs=0.03)
    assert shares([0.2, 0.5, 0.3], top_k=1, draws=5) == [0, 1, 0]
    assert shares([0.2, 0.5, 0.3], top_k=99) == pytest.approx([0.2, 0.5, 0.3], abs=0.03)


def test_top_p_keeps_the_fewest_that_reach_the_sum():
    assert shares([0.2, 0.5, 0.3], top_p=0.6) == pytest.approx([0, 0.625, 0.375], abs=0.03)
    assert shares([0.2, 0.5, 0.3], top_p=0.01, draws=5) == [0, 1, 0]


@pytest.fixture(scope="module")
def run(manifest, tmp_path_factory):
    from schemas.config import build_config
    from trainer.config import TrainConfig

    folder = tmp_path_factory.mktemp("trained")
    tree = {
        "output": str(folder),
        "model": PARAMS.model_dump(),
        "optimizer": {"learning_rate": 0.02, "weight_decay": 0.0},
        "schedule": {"num_steps": 120, "num_warmup_steps": 5},
        "data": {
            "manifest": str(manifest),
            "sequence_length": 32,
            "global_batch_size": 8,
            "micro_batch_size": 8,
        },
        "logging": {"tensorboard": False},
        "runtime": {"device": "cpu", "num_threads": 1},
    }
    train(build_config(TrainConfig, tree, where="test"))
    return folder


def test_a_trained_model_recites_what_it_has_read(run, capsys):
    greedy = SamplingParams(temperature=0.0, max_new_tokens=30)
    text = Writer(run).write("a dog ran over", greedy)
    assert text.startswith("a dog ran over the hill")
    write_samples(SampleConfig(run=str(run), prompts=("小猫", ""), sampling=greedy))
    printed = capsys.readouterr().out
    assert printed.startswith("小猫")
    assert "-" * 72 in printed


def test_a_prompt_has_the_ids_of_a_text_whatever_the_tokenizer_is_set_to(tmp_path, tokenizer, tiny):
    definition = Tokenizer.from_str(tokenizer.to_str())
    definition.enable_truncation(4)
    definition.enable_padding(length=40, pad_id=7)
    shards = write_shards(
        tmp_path / "shards",
        definition,
        [(s, encode(tokenizer, SENTENCES)) for s in ("train", "validation")],
    )
    config = tiny("schedule.num_steps=1", f"data.manifest={shards}")
    train(config)
    prompt = f"a dog ran{END_OF_TEXT} over the hill"
    text = Writer(config.output).write(prompt, SamplingParams(max_new_tokens=1))
    assert text.startswith(prompt)


def test_a_run_that_is_not_there_is_one_line(tmp_path, run):
    with pytest.raises(DataError, match="no latest checkpoint; train a model first"):
        Writer(tmp_path)
    if not torch.cuda.is_available():
        with pytest.raises(ConfigError, match="no CUDA device"):
            Writer(run, device="cuda")


def test_a_tokenizer_that_grew_since_is_refused(tmp_path, run):
    copy = shutil.copytree(run, tmp_path / "run", symlinks=True)
    definition = Tokenizer.from_file(str(copy / "tokenizer.json"))
    definition.add_tokens(["zzz"])
    definition.save(str(copy / "tokenizer.json"))
    with pytest.raises(DataError, match=r"sha256 .*, the model was trained with .* put back"):
        Writer(copy)
