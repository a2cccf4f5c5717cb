"""Characters of tiny Shakespeare with nanoGPT's published settings, and its published losses.

python -m tests.benchmarks.bench_shakespeare ../shared/data/training/tinyshakespeare/input.txt

Beside them the same budget with this project's default architecture. nanoGPT (README): the small
setting for a CPU reaches a validation loss of 1.88, the one for a GPU 1.4697, in nats per
character; it draws random stretches to estimate them, here every character is predicted.
"""

import argparse
import tempfile
import time
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

from schemas.config import build_config
from tests.trainer.handmade import END_OF_TEXT, encode, write_shards
from trainer.config import TrainConfig
from trainer.loop import train
from trainer.metrics import read_metrics

GPT = {
    "positions": "learned",
    "num_positions": 256,
    "norm": "layer",
    "activation": "gelu",
    "qk_norm": False,
}
SETTINGS = {
    "cpu": {
        "model": {"d_model": 128, "num_layers": 4, "num_heads": 4, "num_kv_heads": 4},
        "data": {"sequence_length": 64, "global_batch_size": 12, "micro_batch_size": 12},
        "num_steps": 2000,
    },
    "gpu": {
        "model": {"d_model": 384, "num_layers": 6, "num_heads": 6, "num_kv_heads": 6}
        | {"dropout": 0.2},
        "data": {"sequence_length": 256, "global_batch_size": 64, "micro_batch_size": 64},
        "num_steps": 5000,
    },
}
PUBLISHED = {"cpu": 1.88, "gpu": 1.4697}


def write_characters(text: str, folder: Path) -> Path:
    """Shards of single characters: the first nine tenths to train, the rest to validate."""
    vocabulary = {char: number for number, char in enumerate([END_OF_TEXT, *sorted(set(text))])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=END_OF_TEXT))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    tokenizer.decoder = decoders.Fuse()
    cut = len(text) * 9 // 10
    parts = (("train", text[:cut]), ("validation", text[cut:]))
    return write_shards(
        folder, tokenizer, [(split, encode(tokenizer, [part])) for split, part in parts]
    )


def configure(setting: str, manifest: Path, output: Path, overrides: list[str]) -> TrainConfig:
    """nanoGPT's ``train_shakespeare_char``, or its small variant for a CPU."""
    shape = SETTINGS[setting]
    width = shape["model"]["d_model"]
    tree = {
        "output": str(output),
        "seed": 1337,
        "model": {**GPT, **shape["model"], "feed_forward_size": 4 * width},
        "optimizer": {"learning_rate": 1e-3, "beta2": 0.99, "no_decay": ["norms", "biases"]},
        "schedule": {"num_steps": shape["num_steps"], "num_warmup_steps": 100},
        # nanoGPT begins its stretches anywhere, so that text is seen again at other places.
        "data": {"manifest": str(manifest), "shift_epochs": True, **shape["data"]},
        "validation": {"every": 250},
        "checkpoint": {"every": shape["num_steps"], "save_best": setting == "gpu"},
        "logging": {"every": 250, "tensorboard": False},
    }
    return build_config(TrainConfig, tree, where=setting, overrides=overrides)


def main() -> None:
    """Print the best validation loss of each architecture beside the published one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("text", type=Path)
    parser.add_argument("--setting", choices=SETTINGS, default="cpu")
    parser.add_argument("--only", choices=["gpt", "default"], help="one architecture")
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    arguments = parser.parse_args()
    ours = ["positions=rope", "norm=rms", "activation=swiglu", "qk_norm=true"]
    inner = SETTINGS[arguments.setting]["model"]["d_model"] * 8 // 3 // 8 * 8
    ours.append(f"feed_forward_size={inner}")
    with tempfile.TemporaryDirectory() as folder:
        manifest = write_characters(arguments.text.read_text("utf-8"), Path(folder) / "shards")
        for name, changes in (("gpt", []), ("default", [f"model.{change}" for change in ours])):
            if arguments.only not in (None, name):
                continue
            output = Path(folder) / name
            config = configure(
                arguments.setting, manifest, output, [*changes, *arguments.overrides]
            )
            started = time.perf_counter()
            train(config)
            rows = read_metrics(output / "metrics.jsonl")
            best = min(row["validation_loss"] for row in rows if "validation_loss" in row)
            print(
                f"{arguments.setting} {name}: best validation loss {best:.4f}, published "
                f"{PUBLISHED[arguments.setting]}, {time.perf_counter() - started:.0f} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
