"""The slots of the bit-exact mode: which numbers of them fit."""

from schemas.errors import ConfigError
from trainer.config import TrainConfig


def check_slots(config: TrainConfig, world_size: int) -> None:
    """Every rank has the same power of two of slots.

    Raises:
        ConfigError: they do not divide that way.
    """
    num_slots = config.parallel.num_slots
    if config.data.global_batch_size % num_slots:
        raise ConfigError(
            f"parallel.num_slots = {num_slots}: must divide data.global_batch_size, "
            f"{config.data.global_batch_size}"
        )
    if num_slots % world_size:
        raise ConfigError(
            f"parallel.num_slots = {num_slots}: must be a multiple of the number of ranks, "
            f"{world_size}; with mode = 'exact' that is 1, 2, 4, ..."
        )
