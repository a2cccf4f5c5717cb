"""Dumps to token shards: sources, text kernels, measures, decisions, dedup, tokens, report."""

from schemas.kernel_cache import use_kernel_cache

use_kernel_cache()
