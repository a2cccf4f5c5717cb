"""What the loader does per token or per sequence, compiled."""
