"""What a checkpoint says of itself, and which runs may go on from it."""

from typing import Any

from pydantic import Field

from schemas.config import Section
from schemas.errors import ConfigError, DataError, ShardError
from schemas.redaction import redact
from schemas.shards import Manifest
from trainer.config import OptimizerParams, ParallelParams, TrainConfig
from trainer.model_params import ModelParams

FORMAT_VERSION = 2


class RunState(Section):
    """What a checkpoint says of itself, beside its tensors."""

    format_version: int = FORMAT_VERSION
    step: int
    """Optimizer steps done."""
    num_tokens: int
    """Tokens trained on, repeats included."""
    validation_loss: float | None
    """In nats, at this very step; absent where none was measured."""
    manifest_sha256: str
    """Identity of the shards."""
    vocabulary_size: int
    end_of_text_id: int
    tokenizer_sha256: str
    """Of the ``tokenizer.json`` that the shards were made with."""
    config: dict[str, Any]
    """The resolved configuration of the run."""
    skipped: list[tuple[int, int]] = Field(default_factory=list)
    """First and last number of each window of batches that was left out."""
    recent_losses: list[tuple[int, float]] = Field(default_factory=list)
    """(step, loss) by which the next steps are judged."""
    best_validation_loss: float | None = None
    """The lowest so far, over the whole run, with its step."""
    best_step: int = 0
    loss_to_beat: float | None = None
    """Validation loss at the last gain, with the validations since; of a checkpoint from before
    the field existed, the lowest."""
    validations_without_gain: int = 0
    ledger_sha256: str = ""
    """Of all that was read so far, see :mod:`trainer.ledger`."""
    files_sha256: dict[str, str] = Field(default_factory=dict)
    """Checksum of each tensor file."""

    def ledger(self, name: str) -> str:
        """The digest of the ledger that a resume is held against.

        Raises:
            DataError: the checkpoint ``name`` is of another format, or has none.
        """
        if self.format_version != FORMAT_VERSION:
            raise DataError(
                f"checkpoint {name}: format {self.format_version}, whose ledger cannot be audited "
                f"(this program resumes format {FORMAT_VERSION}); go on with the version that "
                "wrote it, or choose another output"
            )
        if not self.ledger_sha256:
            raise DataError(
                f"checkpoint {name}: holds no ledger of the data read, so a resume could not be "
                "audited; choose another output"
            )
        return self.ledger_sha256


_DEFAULTS: dict[str, Any] = {
    "parallel.mode": ParallelParams().mode,
    "parallel.num_slots": ParallelParams().num_slots,
    "data.shuffle_window": None,
    "data.shift_epochs": False,
    "optimizer.kind": OptimizerParams().kind,
    "start": None,
}

_OF_NO_WEIGHT = (
    *("output", "data.manifest", "data.cache", "data.verify"),
    *("checkpoint.", "logging.", "runtime.num_threads"),
)


def first_state(config: TrainConfig, manifest: Manifest) -> RunState:
    """What a run on these shards says of itself before its first step."""
    return RunState(
        step=0,
        num_tokens=0,
        validation_loss=None,
        manifest_sha256=manifest.identity(),
        vocabulary_size=manifest.tokenizer.vocabulary_size,
        end_of_text_id=manifest.tokenizer.end_of_text_id,
        tokenizer_sha256=manifest.tokenizer.sha256,
        config=without_credentials(config),
    )


def without_credentials(config: TrainConfig) -> dict[str, Any]:
    """The configuration as it is stored and shown."""
    tree: dict[str, Any] = config.model_dump(mode="json")
    tree["data"]["manifest"] = redact(tree["data"]["manifest"])
    return tree


def check_same_run(old: RunState, new: RunState) -> None:
    """Refuse to go on with another model or other data than the checkpoint's.

    What the meaning of the weights and the order of the data depend on must be equal; schedule,
    optimizer, precision and number of ranks may change; another optimizer begins with moments of
    its own.

    Raises:
        ShardError: the shards differ.
        ConfigError: a key differs; both values are named.
    """
    if old.manifest_sha256 != new.manifest_sha256:
        raise ShardError(
            f"the run was started on shards {old.manifest_sha256[:12]}, the manifest is now "
            f"{new.manifest_sha256[:12]}; choose another output to start afresh"
        )
    keys = ["seed", "start", "model", "data.sequence_length", "data.global_batch_size"]
    keys += ["data.shuffle_window", "data.shift_epochs"]
    if "exact" in (_value(old.config, "parallel.mode"), _value(new.config, "parallel.mode")):
        keys += ["parallel.mode", "parallel.num_slots"]
    for key in keys:
        before, now = _value(old.config, key), _value(new.config, key)
        if before != now:
            if isinstance(now, dict) and isinstance(before, dict):
                name = next(name for name in now if before.get(name) != now[name])
                key, before, now = f"{key}.{name}", before.get(name), now[name]
            raise ConfigError(
                f"{key} = {now!r}: the run was started with {before!r}; "
                f"choose another output to start afresh"
            )


def kinds_of_moments(old: RunState, new: RunState) -> tuple[str, str] | None:
    """Optimizers of a checkpoint and of the run that goes on from it, where their moments differ;
    None where those of the checkpoint are gone on with."""
    before, now = (_value(state.config, "optimizer.kind") for state in (old, new))
    return None if before == now or {before, now} == {"adam", "adamw"} else (before, now)


def changed_keys(old: RunState, new: RunState) -> list[str]:
    """What shapes the training and is no longer as in the run so far, such as
    ``optimizer.learning_rate = 0.001 (was 0.002)``."""
    before, now = _flat(old.config), _flat(new.config)
    return [
        f"{key} = {value!r} (was {before[key]!r})"
        for key, value in now.items()
        if key in before and before[key] != value and not key.startswith(_OF_NO_WEIGHT)
    ]


def _flat(tree: dict[str, Any]) -> dict[str, Any]:
    """Values by ``section.key``."""
    sections = {name: value for name, value in tree.items() if isinstance(value, dict)}
    inner = {
        f"{name}.{key}": value for name, part in sections.items() for key, value in part.items()
    }
    return {name: value for name, value in tree.items() if name not in sections} | inner


def _value(tree: dict[str, Any], key: str) -> Any:
    """A value of a configuration; of one from before the key existed, its default."""
    if key == "model":
        return ModelParams().model_dump(mode="json") | tree["model"]
    value: Any = tree
    for part in key.split("."):
        value = value.get(part, {}) if isinstance(value, dict) else value
    if value == {} and key in _DEFAULTS:
        return _DEFAULTS[key]
    return value
