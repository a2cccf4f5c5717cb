"""The training loop: batches in, checkpoints and metrics out."""

import shutil
import time
from concurrent.futures import Future
from pathlib import Path

import torch

from schemas.errors import ConfigError, CorpusMillError, DataError
from schemas.shards import TOKENIZER_NAME
from trainer import checkpoint
from trainer.batches import Batches
from trainer.checkpoint import RunState
from trainer.config import TrainConfig
from trainer.distributed import World, is_lost_connection, open_world
from trainer.exact import check_slots
from trainer.interruption import Interrupted, Interruption
from trainer.metrics import MetricsLog
from trainer.model import Transformer
from trainer.optim import Optimizer
from trainer.plots import plot_schedule
from trainer.progress import Progress
from trainer.reader import RankBatch, Reader
from trainer.step import Step
from trainer.validation import ValidationResult, Validator


def train(config: TrainConfig) -> None:
    """Train, or go on with, the run in ``config.output``.

    Raises:
        ConfigError: the configuration does not fit the machine, the data or the earlier run.
        ShardError: the shards cannot be trusted, or are not those of the earlier run.
        Interrupted: SIGTERM or Ctrl-C came; a checkpoint is saved.
        CorpusMillError: the loss is no longer a number, or a checkpoint cannot be written.
    """
    exact = config.parallel.mode == "exact"
    with open_world(config.runtime, exact) as world, Interruption() as interruption:
        try:
            Training(config, world, interruption).run()
        except CorpusMillError as error:
            if world.is_lead:  # every rank has this very error: one line is enough
                raise
            raise SystemExit(error.exit_code) from None
        except RuntimeError as error:
            if world.world_size == 1 or not is_lost_connection(error):
                raise
            raise CorpusMillError(
                f"rank {world.rank} lost the other ranks; see what the first of them said, "
                "then start again to resume"
            ) from None


class Training:
    """A run, as one rank sees it. A step is a function of (weights, seed, step) alone."""

    def __init__(self, config: TrainConfig, world: World, interruption: Interruption) -> None:
        """Open the data, make the model, and go back to the newest checkpoint."""
        self.config, self.world, self.interruption = config, world, interruption
        self.run_folder = Path(config.output)
        self.reader, self.validator = world.together(self._open_data)
        manifest = self.reader.batches.stream.manifest
        torch.manual_seed(config.seed)
        vocabulary_size = manifest.tokenizer.vocabulary_size
        self.model = Transformer(config.model, vocabulary_size).to(world.device)
        self.optimizer = Optimizer(self.model, config.optimizer)
        self.tokens_per_step = config.data.global_batch_size * config.data.sequence_length
        self.state = RunState(
            step=0,
            num_tokens=0,
            validation_loss=None,
            manifest_sha256=manifest.identity(),
            vocabulary_size=vocabulary_size,
            end_of_text_id=manifest.tokenizer.end_of_text_id,
            tokenizer_sha256=manifest.tokenizer.sha256,
            config=config.model_dump(mode="json"),
        )
        self.notices: list[str] = []
        self.step = self.saved_step = self._resume()
        self.take_step = Step(self.model, self.optimizer, self.reader, config, world)

    def run(self) -> None:
        """Train until the last step, or until a signal comes."""
        config, world = self.config, self.world
        end = config.schedule.num_steps
        metrics = world.on_lead_only(
            lambda: MetricsLog(self.run_folder, self.step, config.logging.tensorboard)
        )
        progress = Progress(end, self.step, config.logging.every, world.is_lead)
        for line in [*self.notices, self._headline()]:
            progress.say(line)
        num_steps, seconds = 0, 0.0  # since the last row, validation and saving left out
        try:
            for coming in self.reader.ahead(self.step, end):
                started = time.perf_counter()
                row = self.take_step(self.step, self._receive(coming))
                self.step, num_steps = self.step + 1, num_steps + 1
                seconds += time.perf_counter() - started
                row["tokens_per_second"] = num_steps * self.tokens_per_step / seconds
                row["epoch"] = self.reader.batches.epoch(self.step)
                progress.step(self.step, row)
                validation = None
                if self._is_due(config.validation.every):
                    validation = self.validator.measure(self.take_step.loss)
                if validation is not None:
                    row["validation_loss"] = validation.loss
                    row["bits_per_byte"] = validation.bits_per_byte
                    progress.say(f"step {self.step}/{end}  {validation}")
                if validation is not None or self._is_due(config.logging.every):
                    if metrics is not None:
                        metrics.write(self.step, row)
                    num_steps, seconds = 0, 0.0
                if self._is_due(config.checkpoint.every):
                    self._save(validation)
        except Interrupted:
            self._save(None)
            raise
        finally:
            progress.close()
            self.take_step.close()
            if metrics is not None:
                metrics.close()

    def _receive(self, coming: Future[RankBatch]) -> RankBatch:
        """Wait for the batch; a signal or a damaged shard on one rank stops all of them here."""

        def result() -> RankBatch:
            if self.interruption.received:
                raise Interrupted(self.interruption.received, self.step)
            return coming.result()

        return self.world.together(result)

    def _open_data(self) -> tuple[Reader, Validator]:
        config, data = self.config, self.config.data
        batches = Batches(
            data.manifest,
            seed=config.seed,
            sequence_length=data.sequence_length,
            global_batch_size=data.global_batch_size,
            verify=data.verify,
        )
        batches.check_world_size(self.world.world_size)
        if config.parallel.mode == "exact":
            check_slots(config, self.world.world_size)
        validator = Validator(data, config.validation, config.runtime, self.world)
        return Reader(batches, self.world, data), validator

    def _resume(self) -> int:
        """Load the newest sound checkpoint, if there is one; the steps that it has done."""
        found = self.world.on_lead(self._prepare_run_folder)
        if found is None:
            return 0
        state = checkpoint.read_state(found)
        self.model.load_weights(checkpoint.read_model(found))
        self.optimizer.load(checkpoint.read_optimizer(found))
        self.notices.append(f"resumed from {found}")
        return state.step

    def _prepare_run_folder(self) -> Path | None:
        found, damaged = checkpoint.newest_sound(self.run_folder)
        if found is None and damaged:
            raise DataError(f"{damaged[0]}, and none before it is sound; choose another output")
        if found is not None and not self.config.checkpoint.resume:
            raise ConfigError(
                f"output = {self.config.output!r}: holds a run, and checkpoint.resume is off"
            )
        if found is not None:  # before anything in the folder is touched
            checkpoint.check_same_run(checkpoint.read_state(found), self.state)
        for damage in damaged:
            checkpoint.set_aside(damage)
            self.notices.append(f"warning: {damage}; set aside, the one before is used")
        self.run_folder.mkdir(parents=True, exist_ok=True)
        stream = self.reader.batches.stream
        draft = self.run_folder / f".{TOKENIZER_NAME}"
        shutil.copyfile(stream.folder / TOKENIZER_NAME, draft)
        draft.replace(self.run_folder / TOKENIZER_NAME)
        plot_schedule(self.run_folder / "schedule.svg", self.config)
        return found

    def _save(self, validation: ValidationResult | None) -> None:
        if self.step == self.saved_step > 0:
            return
        state = self.state.model_copy(
            update={
                "step": self.step,
                "num_tokens": self.step * self.tokens_per_step,
                "validation_loss": validation.loss if validation is not None else None,
            }
        )
        weights = self.model.weights()
        optimizer = self.optimizer.tensors()
        keep_last = self.config.checkpoint.keep_last
        self.world.on_lead(
            lambda: checkpoint.save(self.run_folder, state, weights, optimizer, keep_last)
        )
        self.saved_step = self.step

    def _is_due(self, every: int) -> bool:
        return self.step % every == 0 or self.step == self.config.schedule.num_steps

    def _headline(self) -> str:
        batches, num_weights = self.reader.batches, sum(p.numel() for p in self.model.parameters())
        epochs = batches.epoch(self.config.schedule.num_steps)
        return (
            f"{num_weights:,} weights, {batches.stream.num_tokens:,} training tokens, "
            f"{epochs:.2f} epochs in {self.config.schedule.num_steps} steps, "
            f"{self.world.world_size} x {self.world.device.type}"
        )
