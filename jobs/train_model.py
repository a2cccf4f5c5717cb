"""Train a Transformer on token shards, or go on with a run that was stopped.

python jobs/train_model.py --config jobs/configs/train.toml --set data.manifest=out/corpus
python jobs/train_model.py --config FILE --plan        what it will cost; nothing is trained
python jobs/train_model.py --config jobs/configs/finetune.toml --set start.run=out/run   fine-tuning
python -m trainer.ranks --standalone --nproc-per-node 2 jobs/train_model.py --config FILE
torchrun --nnodes 4 ... jobs/train_model.py --config FILE [--set key=value ...]

A run that is gone on with may change all keys but seed, start, model, data.sequence_length,
data.global_batch_size, data.shuffle_window, data.shift_epochs, and of exact runs parallel.

Exit codes: 0 done, 1 failed, 2 wrong configuration or usage, 143 stopped by SIGTERM (130 by
Ctrl-C) with a checkpoint saved.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # absent under torchrun

from jobs.launch import run_job
from trainer.config import TrainConfig
from trainer.loop import train
from trainer.plan import print_plan


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code of the job."""
    plan = {"plan": ("print sizes, memory, steps and expected time; train nothing", print_plan)}
    return run_job(train, TrainConfig, argv, __doc__, plan)


if __name__ == "__main__":
    raise SystemExit(main())
