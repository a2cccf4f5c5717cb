"""Next-token loss, summed here and divided once by the weight of the whole batch.

A mean per micro-batch, averaged over micro-batches and ranks, is not the mean of the batch as
soon as their weights differ. So the model returns a sum, and whoever knows the global batch
divides.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from trainer import triton_kernels
from trainer.config import LossParams
from trainer.cross_entropy import ChunkLosses, Objective, cross_entropy, losses_of_chunk
from trainer.model import Transformer

if triton_kernels.AVAILABLE:
    from trainer.triton_kernels import token_losses as kernel


class Losses(NamedTuple):
    """What the model says of some sequences.

    Attributes:
        objective: float32 scalar, the weighted sum that is minimised.
        positions: float32 ``(B, T)``, ``-log p`` of each target in nats; carries no gradient.
    """

    objective: Tensor
    positions: Tensor


class SummedLoss(nn.Module):
    """A model with its loss: the one module that is wrapped for many ranks."""

    def __init__(self, model: Transformer, params: LossParams) -> None:
        """See :class:`trainer.cross_entropy.Objective` for what is minimised."""
        super().__init__()
        self.model = model
        self.objective = Objective(
            smoothing=params.label_smoothing,
            z_loss=params.z_loss,
            soft_cap=model.params.logit_soft_cap,
            chunk=params.logits_chunk,
        )
        self._hidden: Callable[..., Tensor] | None = None
        self._chunk_losses: ChunkLosses = losses_of_chunk

    def compile_parts(self) -> None:
        """Compile the Transformer, and the loss of a chunk of its positions where no kernel has it.

        Not all as one graph: there, what only the backward pass needs moves into it, and the
        logits of all chunks would be kept for that.
        """
        self._hidden = torch.compile(self.model.forward, dynamic=False)
        self._chunk_losses = torch.compile(losses_of_chunk, dynamic=False)

    def forward(
        self,
        inputs: Tensor,
        targets: Tensor,
        weights: Tensor,
        dropout_keys: Tensor | None = None,
    ) -> Losses:
        """Loss of sequences.

        Args:
            inputs: int64 ``(B, T)``.
            targets: int64 ``(B, T)``, the token after each input.
            weights: float32 ``(B, T)``; zero leaves a position out.
            dropout_keys: int64 ``(B, 2)``, see :mod:`trainer.dropout`.
        """
        forward = self._hidden or self.model
        rotation = self.model.rotation(0, inputs.shape[1], inputs.device)
        hidden = forward(inputs, dropout_keys=dropout_keys, rotation=rotation).flatten(0, 1)
        by_kernel = triton_kernels.takes(hidden)
        objective, positions = cross_entropy(
            hidden,
            self.model.head.weight,
            targets.flatten(),
            weights.flatten(),
            self.objective,
            kernel.losses_of_chunk if by_kernel else self._chunk_losses,
        )
        return Losses(objective, positions.view(targets.shape))
