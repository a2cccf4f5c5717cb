"""All that a run is, apart from its data: put into checkpoints, and taken out of them."""

from dataclasses import dataclass, field
from pathlib import Path

from trainer import checkpoint
from trainer.average import WeightAverage
from trainer.background import BackgroundWriter
from trainer.config import TrainConfig
from trainer.distributed import World
from trainer.ledger import BatchLedger
from trainer.model import Transformer
from trainer.optim import Optimizer
from trainer.reader import Reader
from trainer.run_state import RunState, kinds_of_moments
from trainer.sharding import is_sharded, own_part
from trainer.spikes import Snapshot, SpikeGuard
from trainer.start import load_start
from trainer.stopping import EarlyStopping
from trainer.validation import ValidationResult


@dataclass(slots=True)
class Saver:
    """The parts of a run that change while it goes on.

    Attributes:
        base: what every checkpoint of the run says: the data, the tokenizer, the configuration.
        saved_step: steps done at the last checkpoint.
        writer: writes while training goes on: on rank 0, of sharded weights on all ranks.
    """

    config: TrainConfig
    world: World
    reader: Reader
    model: Transformer
    optimizer: Optimizer
    average: WeightAverage | None
    guard: SpikeGuard
    stopping: EarlyStopping
    ledger: BatchLedger
    base: RunState
    saved_step: int = 0
    writer: BackgroundWriter = field(default_factory=BackgroundWriter)

    def go_back_to(self, found: Path) -> int:
        """Load a checkpoint; the steps that it has done.

        Raises:
            DataError: it has seen other batches than it should have, or does not fit the model.
        """
        state = checkpoint.read_state(found)
        self.reader.skipped = tuple(state.skipped)
        self.ledger.resume(state.ledger(found.name), state.step, self.reader.skipped)
        weights = checkpoint.read_model(found)
        checkpoint.check_shapes(found, weights.shapes(), self.model.weights())
        self.model.load_weights(weights)
        if kinds_of_moments(state, self.base) is None:
            self.optimizer.load(checkpoint.read_optimizer(found))
        if self.average is not None:  # switched on later, it begins at the weights
            self.average.load(checkpoint.read_average(found) or self.model.weights())
        self.guard.recall(state.recent_losses)
        self.stopping.best, self.stopping.best_step = state.best_validation_loss, state.best_step
        beat = state.loss_to_beat
        self.stopping.to_beat = state.best_validation_loss if beat is None else beat
        self.stopping.stale = state.validations_without_gain
        self.saved_step = state.step
        return state.step

    def begin(self) -> list[str]:
        """Load the weights that a run without a checkpoint begins with, if any; what to say of it.

        Raises:
            ConfigError: there are none, or they do not fit.
        """
        start, is_lead = self.config.start, self.world.is_lead
        if start is None:
            return []
        said = load_start(
            start, self.model, self.base, Path(self.config.output) if is_lead else None
        )
        if self.average is not None:
            self.average.load(self.model.weights())
        return [said]

    def snapshot(self, step: int) -> Snapshot:
        """A copy in the memory of the host, to which the ledger and the count of validations can be
        rewound, too."""
        self.ledger.mark()
        self.stopping.mark()
        return Snapshot(step, self.model, self.optimizer, self.average)

    def save(self, step: int, validation: ValidationResult | None) -> Snapshot:
        """Begin to write a checkpoint, from a copy that is returned.

        Raises:
            CorpusMillError: the one before could not be written.
            DataError: the run has read other data than it should have.
        """
        ledger_sha256 = self.ledger.close_books(step, self.reader.skipped)
        data, copy = self.config.data, self.snapshot(step)
        state = self.base.model_copy(
            update={
                "step": step,
                "num_tokens": step * data.global_batch_size * data.sequence_length,
                "validation_loss": validation.loss if validation is not None else None,
                "skipped": list(self.reader.skipped),
                "recent_losses": list(self.guard.recent),
                "best_validation_loss": self.stopping.best,
                "best_step": self.stopping.best_step,
                "loss_to_beat": self.stopping.to_beat,
                "validations_without_gain": self.stopping.stale,
                "ledger_sha256": ledger_sha256,
            }
        )
        live = {"model": self.model.weights(), "optimizer": self.optimizer.tensors()}
        copies = {"model": copy.weights, "optimizer": copy.optimizer}
        if self.average is not None:
            live["average"], copies["average"] = self.average.tensors, copy.average
        rank, run = self.world.rank, Path(self.config.output)
        keep_last = self.config.checkpoint.keep_last
        num_parts = self.world.world_size if is_sharded(live["model"]) else 1
        kinds = {kind: own_part(live[kind], copies[kind], rank) for kind in live}
        draft = self.world.on_lead(lambda: checkpoint.begin(run, step))

        def write() -> None:
            checkpoint.write(draft, state, kinds, keep_last, rank, num_parts)

        self.world.together(lambda: self.writer.submit(write) if rank < num_parts else None)
        self.saved_step = step
        return copy

    def wait(self) -> None:
        """Until the last checkpoint is on the disk.

        Raises:
            CorpusMillError: it could not be written.
        """
        self.world.together(self.writer.wait)
