"""The training loop: batches in, checkpoints and metrics out."""

from concurrent.futures import Future
from contextlib import AbstractContextManager, ExitStack, nullcontext
from math import isfinite
from pathlib import Path

import torch
from tokenizers import Tokenizer

from schemas.errors import CorpusMillError
from schemas.shards import TOKENIZER_NAME
from trainer.average import WeightAverage
from trainer.config import TrainConfig
from trainer.devices import memory_bytes, peak_flops
from trainer.distributed import World, is_lost_connection, open_world
from trainer.energy import EnergyMeter
from trainer.generate import begin_text
from trainer.interruption import Interrupted, Interruption
from trainer.ledger import BatchLedger
from trainer.loss import SummedLoss
from trainer.metrics import MetricsLog
from trainer.model import Transformer
from trainer.optim import Optimizer
from trainer.pace import Pace
from trainer.plan import warn_of_days
from trainer.precision import product_dtype
from trainer.progress import Progress, headline
from trainer.reader import RankBatch, Reader, open_reader
from trainer.recovery import Rollback, roll_back
from trainer.run_folder import claim, prepare, where_to_look
from trainer.run_report import write_report
from trainer.run_state import first_state
from trainer.saving import Saver
from trainer.sharding import shard
from trainer.sizes import flops_per_token
from trainer.spikes import Snapshot, Spike, SpikeGuard
from trainer.start import with_start
from trainer.step import Step, Taken
from trainer.stopping import EarlyStopping
from trainer.validation import ValidationResult, Validator

_MAX_UNREAD = 16  # steps that the host of a CUDA device may run ahead of what it has seen


def train(config: TrainConfig) -> None:
    """Train, or go on with, the run in ``config.output``.

    Raises:
        ConfigError: the configuration does not fit the machine, the data or the earlier run.
        ShardError: the shards cannot be trusted, or are not those of the earlier run.
        Interrupted: SIGTERM or Ctrl-C came; a checkpoint is saved.
        CorpusMillError: the loss stays bad after all rollbacks, or storage fails.
    """
    exact = config.parallel.mode == "exact"
    with (
        open_world(config.runtime, exact) as world,
        Interruption() as interruption,
        ExitStack() as claims,
    ):
        try:
            folder = Path(config.output)
            world.on_lead_only(lambda: claims.enter_context(claim(folder)))
            started = world.together(lambda: with_start(config))
            Training(started, world, interruption).run()
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
    """A run, as one rank sees it. A step is a function of (weights, seed, step) alone.

    Attributes:
        waits: whether steps are read late, in groups; None means where that saves waiting.
    """

    waits: bool | None = None

    def __init__(self, config: TrainConfig, world: World, interruption: Interruption) -> None:
        """Open the data, make the model, and go back to the newest checkpoint."""
        self.config, self.world, self.interruption = config, world, interruption
        self.run_folder = Path(config.output)
        self.reader, self.validator = world.together(self._open_data)
        manifest = self.reader.batches.stream.manifest
        torch.manual_seed(config.seed)
        vocabulary_size = manifest.tokenizer.vocabulary_size
        end_of_text_id = manifest.tokenizer.end_of_text_id
        self.model = Transformer(config.model, vocabulary_size, end_of_text_id)
        loss = SummedLoss(self.model, config.loss)
        if config.parallel.mode == "fsdp" and world.world_size > 1:
            shard(loss, self.model.blocks, config, world)  # block by block onto the device
        self.model.to(world.device)
        self.optimizer = Optimizer(self.model, config.optimizer)
        decay = config.optimizer.average_decay
        self.average = WeightAverage(self.model, decay) if decay is not None else None
        self.guard = SpikeGuard(config.spikes)
        self.stopping = EarlyStopping(config.validation.patience, config.validation.min_gain)
        self.ledger = BatchLedger(self.reader.batches, world)
        base = first_state(config, manifest)
        self.saver = Saver(
            config,
            world,
            self.reader,
            self.model,
            self.optimizer,
            self.average,
            self.guard,
            self.stopping,
            self.ledger,
            base,
        )
        tokenizer = self.reader.batches.stream.folder / TOKENIZER_NAME
        found, self.notices = world.on_lead(lambda: prepare(config, base, tokenizer))
        if found is not None:
            self.step = self.saver.go_back_to(found)
        else:
            self.step = 0
            self.notices += world.together(self.saver.begin)
        self.take_step = Step(loss, self.optimizer, self.average, manifest.sources, config, world)
        self.unread: list[Taken] = []
        peak, source = peak_flops(world.device, product_dtype(config.runtime, world.device))
        self.notices.append(f"peak of the device: {peak / 1e12:.3g} TFLOP/s ({source})")
        length = config.data.sequence_length
        self.pace = Pace(
            tokens_per_step=config.data.global_batch_size * length,
            flops_per_token=flops_per_token(config.model, vocabulary_size, length),
            peak=peak * world.world_size,
        )
        self.snapshot = self._take_snapshot()

    def run(self) -> None:
        """Train until the last step, until validation no longer gains, or until a signal."""
        config, world = self.config, self.world
        self.metrics = world.on_lead_only(
            lambda: MetricsLog(self.run_folder, self.step, config.logging.tensorboard)
        )
        country = config.logging.energy_country
        meter = country and world.on_lead_only(
            lambda: EnergyMeter(self.run_folder, country, self.step)
        )
        end = config.schedule.num_steps
        self.progress = Progress(end, self.step, config.logging.every, world.is_lead)
        summary = headline(self.reader.batches, self.model, config, world)
        if world.device.type == "cpu":
            pace = self.pace
            operations = (end - self.step) * pace.tokens_per_step * pace.flops_per_token
            self.notices += warn_of_days(operations, pace.peak)
        for line in [*self.notices, *self.validator.notices, summary]:
            self.progress.say(line)
        try:
            while self.step < end and not self.stopping.is_over:
                self._train_until_rollback(end)
            if self.stopping.is_over:
                self.progress.say(
                    f"stopped early: best validation loss {self.stopping.best:.4f} at step "
                    f"{self.stopping.best_step}, {self.stopping.stale} validations without a gain"
                )
        except Interrupted:
            spike = self._settle()
            if spike is not None:
                self._roll_back(*spike)
            self._save(None)
            self.saver.wait()
            raise
        finally:
            self.progress.close()
            self.take_step.close()
            self.saver.writer.close()
            if self.metrics is not None:
                self.metrics.close()
            if meter:
                meter.stop(self.step)
        self.saver.wait()
        world.on_lead_only(self._finish)

    def _finish(self) -> None:
        if self.config.logging.report:
            write_report(self.run_folder, self.config)
        self.progress.say(where_to_look(self.run_folder))

    def _train_until_rollback(self, end: int) -> None:
        self.pace.restart()
        for coming in self.reader.ahead(self.step, end):
            with self.pace.waiting():
                batch = self._receive(coming)
            self.unread.append(self.take_step(self.step, batch))
            self.ledger.take(batch.number, batch.places)
            self.step += 1
            self.pace.count_step()
            if not self._must_read():
                continue
            spike = self._settle() or self._after_step()
            if spike is not None:
                self._roll_back(*spike)
                return
            if self.stopping.is_over:
                self._save(None)
                return

    def _must_read(self) -> bool:
        config, waits = self.config, self.waits
        if waits is None:
            waits = self.world.device.type == "cuda"
        every = (config.logging.every, config.validation.every, config.checkpoint.every)
        due = any(map(self._is_due, (*every, config.spikes.snapshot_every)))
        return due or not waits or len(self.unread) >= _MAX_UNREAD

    def _settle(self) -> tuple[Spike, Taken] | None:
        """Read the steps taken so far; the first that is a spike."""
        unread, self.unread = self.unread, []
        for taken in unread:
            self.taken, self.row = taken, self.take_step.read(taken)
            has_weight = taken.batch.total_weight > 0
            spike = self.guard.judge(taken.step, self.row, has_weight)
            if spike is not None:
                return spike, taken
            self.row |= self.pace.row()
            self.row["memory_gib"] = memory_bytes(self.world.device) / 2**30
            self.row["epoch"] = self.reader.batches.epoch(taken.step + 1)
            self.progress.step(taken.step + 1, self.row)
        return None

    def _after_step(self) -> tuple[Spike, Taken] | None:
        """Validate, log, save and take a snapshot, each when its time has come.

        A validation loss that is no number is a spike, and nothing else is done.
        """
        config, row, validation, is_best = self.config, self.row, None, False
        if self._is_due(config.validation.every):
            validation = self._validate()
        if validation is not None:
            if not isfinite(validation.loss):
                reason = f"the validation loss is {validation.loss}"
                return Spike(self.taken.step, reason), self.taken
            row["validation_loss"] = validation.loss
            row["bits_per_byte"] = validation.bits_per_byte
            is_best = self.stopping.observe(self.step, validation.loss)
            self.progress.say(f"step {self.step}/{config.schedule.num_steps}  {validation}")
            self._write_sample()
        if validation is not None or self._is_due(config.logging.every):
            if self.metrics is not None:
                self.metrics.write(self.step, row)
            self.pace.restart()
        saves_best = is_best and config.checkpoint.save_best
        with self.pace.apart():
            if self._is_due(config.checkpoint.every) or saves_best:
                self._save(validation)
            elif self._is_due(config.spikes.snapshot_every):
                self.snapshot = self._take_snapshot()
        return None

    def _validate(self) -> ValidationResult | None:
        with self._weights_to_use():
            return self.validator.measure(self.take_step.loss)

    def _weights_to_use(self) -> AbstractContextManager[None]:
        return nullcontext() if self.average is None else self.average.in_place()

    def _write_sample(self) -> None:
        num_tokens = self.config.logging.sample_tokens
        if num_tokens and self.metrics is not None and self.config.parallel.mode != "fsdp":
            tokenizer = Tokenizer.from_file(str(self.run_folder / TOKENIZER_NAME))
            length = self.config.data.sequence_length
            with self._weights_to_use():
                text = begin_text(self.model, tokenizer, num_tokens, length)
            self.metrics.write_sample(self.step, text)

    def _roll_back(self, spike: Spike, taken: Taken) -> None:
        """Go back to the snapshot, and leave out the batches since.

        Raises:
            CorpusMillError: that happened too often already.
        """
        done = roll_back(self.saver, self.snapshot, spike, taken, self.take_step.loss)
        self.step, self.unread = done.step, []
        self.world.on_lead(lambda: self._record(done))
        self.progress.say(done.message)

    def _record(self, done: Rollback) -> None:
        done.record(self.run_folder)
        if self.metrics is not None:
            self.metrics.rewind(done.step)

    def _take_snapshot(self) -> Snapshot | None:
        return self.saver.snapshot(self.step) if self.config.spikes.enabled else None

    def _receive(self, coming: Future[RankBatch]) -> RankBatch:
        """Wait for the batch; a signal or a damaged shard on one rank stops all of them here."""

        def result() -> RankBatch:
            if self.interruption.received:
                raise Interrupted(self.interruption.received, self.step)
            return coming.result()

        return self.reader.share(result)

    def _open_data(self) -> tuple[Reader, Validator]:
        config = self.config
        validator = Validator(
            config.data,
            config.validation,
            config.runtime,
            self.world,
            in_step=config.parallel.mode == "fsdp",
        )
        return open_reader(config, self.world), validator

    def _save(self, validation: ValidationResult | None) -> None:
        if self.step == self.saver.saved_step > 0:
            return
        copy = self.saver.save(self.step, validation)
        self.snapshot = copy if self.config.spikes.enabled else None

    def _is_due(self, every: int) -> bool:
        return self.step % every == 0 or self.step == self.config.schedule.num_steps
