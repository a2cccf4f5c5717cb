"""Token shards to a trained Transformer: batches, model, optimizer, checkpoints, text."""

from schemas.kernel_cache import use_kernel_cache

use_kernel_cache()
