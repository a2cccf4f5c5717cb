"""Models that do not fit: every rank keeps a part of each weight (FSDP2).

A sharded weight is a DTensor of which each rank holds some rows. Each rank writes its own into
checkpoints; what is read from them is whole, so a run may go on with another number of ranks, or
without sharding.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor, distribute_tensor

from trainer.config import TrainConfig
from trainer.distributed import World
from trainer.precision import product_dtype


def shard(loss: nn.Module, blocks: nn.ModuleList, config: TrainConfig, world: World) -> None:
    """Share out the weights of ``loss``, in place: a group per block, and one for the rest.

    Products run in bfloat16 where they do anyway; gradients are summed in float32. All groups are
    given back after use, so that no stale copy of a weight outlives an update.
    """
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard

    mesh = init_device_mesh(world.device.type, (world.world_size,))
    dtype = product_dtype(config.runtime, world.device)
    # What goes in stays as it is: loss weights, angles and the residual stream are float32, and
    # autocast takes care of the products.
    policy = MixedPrecisionPolicy(
        param_dtype=dtype if dtype == torch.bfloat16 else None,
        reduce_dtype=torch.float32,
        cast_forward_inputs=False,
    )
    for part in [*blocks, loss]:
        fully_shard(part, mesh=mesh, mp_policy=policy, reshard_after_forward=True)


def local(tensor: Tensor) -> Tensor:
    """This rank's part, sharing its memory; all of a tensor that is not sharded."""
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


def whole(tensor: Tensor) -> Tensor:
    """The tensor gathered from all ranks, which must all ask for it."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def spread(value: Tensor, like: Tensor) -> Tensor:
    """A whole tensor in the shards of ``like``, where that is sharded and has its shape."""
    if not isinstance(like, DTensor) or value.shape != like.shape:
        return value
    return distribute_tensor(value.to(like.device), like.device_mesh, like.placements)


def is_sharded(tensors: Mapping[str, Tensor]) -> bool:
    """Whether any of them is."""
    return any(isinstance(tensor, DTensor) for tensor in tensors.values())


def own_part(
    live: Mapping[str, Tensor], copies: Mapping[str, Tensor], rank: int
) -> dict[str, Tensor]:
    """Of this rank's copies of tensors those that it must keep: its rows of what is sharded, and
    on rank 0 also what all ranks have."""
    return {
        name: value
        for name, value in copies.items()
        if rank == 0 or isinstance(live[name], DTensor)
    }
