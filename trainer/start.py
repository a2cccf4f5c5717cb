"""Fine-tuning: a run that begins with the weights of another one, on shards of its own.

Only the weights come along; optimizer, schedule, order of the data and ledger begin anew. They
are read once: the run goes on from its own checkpoints, also when the other is gone.
"""

import json
from pathlib import Path
from typing import Any

from schemas.errors import ConfigError, DataError
from trainer import checkpoint
from trainer.config import StartParams, TrainConfig
from trainer.model import Transformer
from trainer.run_state import RunState

RECORD = "start.json"
_FREE = {
    "preset",
    "dropout",
    "embedding_dropout",
    "residual_dropout",
    "attention_dropout",
    "document_masking",
    "initialization",
}
"""Keys of ``model`` that the weights say nothing of."""


def with_start(config: TrainConfig) -> TrainConfig:
    """``config`` with the model of ``start.run`` where its own section ``model`` leaves it open.

    Raises:
        ConfigError: ``start.run`` has no such checkpoint, or ``model`` names another shape.
    """
    if config.start is None:
        return config
    stored = _stored_model(config.start, Path(config.output))
    given = config.model.model_dump(mode="json", include=config.model.model_fields_set)
    for key in sorted(given.keys() - _FREE):
        if key in stored and given[key] != stored[key]:
            raise ConfigError(
                f"model.{key} = {given[key]!r}: the weights of {config.start.run} have "
                f"{stored[key]!r}; leave the key out, or start from another run"
            )
    return TrainConfig.model_validate(config.model_dump() | {"model": stored | given})


def load_start(start: StartParams, model: Transformer, state: RunState, run: Path | None) -> str:
    """Put the weights of ``start`` into ``model``; what there is to say of it.

    Args:
        state: of the run that begins.
        run: its folder, into which is written where the weights are from; None writes nothing.

    Raises:
        ConfigError: there are none, or they are of another tokenizer or shape.
    """
    folder, theirs = _open(start)
    if theirs.tokenizer_sha256 != state.tokenizer_sha256:
        raise ConfigError(
            f"start.run = {start.run!r}: its model reads the tokenizer "
            f"{theirs.tokenizer_sha256[:12]}, the shards are of {state.tokenizer_sha256[:12]}; "
            f"build them with tokenizer.path = {start.run}/tokenizer.json"
        )
    is_average = checkpoint.load_into(model, folder, start.average)
    kind = "average" if is_average else "model"
    if run is not None:
        digests = theirs.files_sha256.items()
        record = {
            "run": str(Path(start.run).resolve()),
            "checkpoint": folder.name,
            "manifest_sha256": theirs.manifest_sha256,
            "files_sha256": {name: digest for name, digest in digests if name.startswith(kind)},
        }
        (run / RECORD).write_text(json.dumps(record, indent=1) + "\n")
    what = "averaged " if is_average else ""
    return f"begins with the {what}weights of {folder}, after {theirs.num_tokens:,} tokens"


def _stored_model(start: StartParams, output: Path) -> dict[str, Any]:
    """Section ``model`` of the weights: of the run itself, where it has any yet."""
    try:
        state = checkpoint.read_state(checkpoint.find(output, "latest", verify=False))
    except DataError:
        _, state = _open(start, verify=False)
    model: dict[str, Any] = state.config["model"]
    return {key: value for key, value in model.items() if key != "preset"}


def _open(start: StartParams, verify: bool = True) -> tuple[Path, RunState]:
    try:
        folder = checkpoint.find(Path(start.run), start.checkpoint, verify)
    except DataError as error:
        raise ConfigError(f"start: {error}") from None
    return folder, checkpoint.read_state(folder)
