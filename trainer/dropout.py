"""Dropout whose mask can be a pure function of (seed, step, sample, place in the model).

The mask of the bit-exact mode must not depend on which rank draws it, or on what was drawn
before. So it is a hash of a counter, as in Salmon et al. 2011 ("Parallel random numbers: as easy
as 1, 2, 3"), in products of less than 63 bits, which are the same on every device.
"""

from collections.abc import Sequence
from math import prod

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trainer.permutation import derive_key

_MASK = 2**32 - 1


class Dropout(nn.Module):
    """Zeroes elements with a probability and scales up the others, while training."""

    def __init__(self, probability: float, site: int) -> None:
        """``site`` is the number of this place in the model: places draw different masks."""
        super().__init__()
        self.probability, self.site = probability, site

    def forward(self, values: Tensor, keys: Tensor | None = None) -> Tensor:
        """``(B, ...)`` -> ``(B, ...)``; without keys the mask comes from torch's generator."""
        if not self.training or self.probability == 0:
            return values
        if keys is None:
            return F.dropout(values, self.probability)
        kept = keep_mask(keys, self.site, values.shape[1:], self.probability)
        return torch.where(kept, values / (1 - self.probability), 0)


def sample_keys(seed: int, step: int, first_row: int, num_rows: int) -> Tensor:
    """Two halves of a 64-bit key per row of a global batch: int64 ``(num_rows, 2)``."""
    keys = [derive_key(seed, step, first_row + row) for row in range(num_rows)]
    return torch.tensor([[key & _MASK, key >> 32] for key in keys], dtype=torch.int64)


def keep_mask(keys: Tensor, site: int, shape: Sequence[int], probability: float) -> Tensor:
    """True where an element stays: bool ``(B, *shape)`` for keys ``(B, 2)``."""
    counters = torch.arange(prod(shape), dtype=torch.int64, device=keys.device)
    low, high = _mix(keys[:, :1] ^ ((site * 0x9E3779B1) & _MASK)), keys[:, 1:]
    drawn = _mix(_mix(counters ^ low) ^ high)
    return (drawn >= round(probability * 2**32)).view(len(keys), *shape)


def _mix(values: Tensor) -> Tensor:
    """A bijection of 32 bits (Wellons, hash-prospector: 16 21f0aaad 15 735a2d97 15)."""
    values = ((values ^ (values >> 16)) * 0x21F0AAAD) & _MASK
    values = ((values ^ (values >> 15)) * 0x735A2D97) & _MASK
    return values ^ (values >> 15)
