import torch

from trainer.cache import KeyValueCache
from trainer.model_params import ModelParams


def test_what_is_appended_comes_back_whole():
    params = ModelParams(d_model=8, num_layers=2, num_heads=2, num_kv_heads=1, feed_forward_size=8)
    cache = KeyValueCache(params, batch_size=1, capacity=5)
    key, value = torch.randn(1, 1, 3, 4), torch.randn(1, 1, 3, 4)
    assert cache.remember(torch.tensor([[1, 2, 3]])).tolist() == [[1, 2, 3]]
    for layer in (0, 1):
        cache.extend(layer, key + layer, value + layer)
    cache.length = 3
    assert cache.remember(torch.tensor([[4]])).tolist() == [[1, 2, 3, 4]]
    keys, values = cache.extend(1, key[:, :, :1], value[:, :, :1])
    assert torch.equal(keys, torch.cat([key + 1, key[:, :, :1]], 2))
    assert torch.equal(values, torch.cat([value + 1, value[:, :, :1]], 2))
