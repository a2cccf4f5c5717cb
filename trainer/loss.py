"""Next-token cross entropy, summed here and divided once by the weight of the whole batch.

A mean per micro-batch, averaged over micro-batches and ranks, is not the mean of the batch as
soon as their weights differ. So the model returns a sum, and whoever knows the global batch
divides.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from trainer.model import Transformer


class SummedLoss(nn.Module):
    """A model with its loss: the one module that is compiled and wrapped for many ranks."""

    def __init__(self, model: Transformer, logits_chunk: int) -> None:
        """``logits_chunk``: positions whose float32 logits may exist at one time."""
        super().__init__()
        self.model = model
        self.logits_chunk = logits_chunk

    def forward(self, inputs: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
        """Weighted sum of the cross entropies in nats: a float32 scalar.

        Args:
            inputs: int64 ``(B, T)``.
            targets: int64 ``(B, T)``, the token after each input.
            weights: float32 ``(B, T)``; zero leaves a position out.
        """
        hidden: Tensor = self.model(inputs).flatten(0, 1)
        targets, weights = targets.flatten(), weights.flatten()
        if len(hidden) <= self.logits_chunk:
            return self._sum(hidden, targets, weights)
        # Backward computes a chunk's logits again, so those of one chunk exist at a time.
        total = hidden.new_zeros((), dtype=torch.float32)
        for start in range(0, len(hidden), self.logits_chunk):
            part = slice(start, start + self.logits_chunk)
            total = total + checkpoint(
                self._sum, hidden[part], targets[part], weights[part], use_reentrant=False
            )
        return total

    def _sum(self, hidden: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
        logits = self.model.logits(hidden).float()
        losses: Tensor = F.cross_entropy(logits, targets, reduction="none")
        return (losses * weights).sum()
