"""What generation remembers of the positions it has seen."""

import torch
from torch import Tensor

from trainer.model_params import ModelParams


class KeyValueCache:
    """Keys, values and tokens of the positions so far, for every layer; room for ``capacity``.

    Attributes:
        length: positions filled; the model advances it once per call.
    """

    def __init__(
        self,
        params: ModelParams,
        batch_size: int,
        capacity: int,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
    ) -> None:
        shape = (params.num_layers, 2, batch_size, params.num_kv_heads, capacity, params.head_size)
        self._store = torch.zeros(shape, dtype=dtype, device=device)
        self._tokens = torch.zeros(batch_size, capacity, dtype=torch.int64, device=device)
        self.capacity = capacity
        self.length = 0

    def extend(self, layer: int, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Append ``(B, K, T, E)`` and return all of the layer's, ``(B, K, S, E)``."""
        end = self.length + key.shape[2]
        keys, values = self._store[layer]
        keys[:, :, self.length : end] = key
        values[:, :, self.length : end] = value
        return keys[:, :, :end], values[:, :, :end]

    def remember(self, tokens: Tensor) -> Tensor:
        """Append ``(B, T)`` and return all tokens, ``(B, S)``."""
        end = self.length + tokens.shape[1]
        self._tokens[:, self.length : end] = tokens
        return self._tokens[:, :end]
