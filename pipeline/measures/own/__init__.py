"""Measures of one's own: every file in this folder is one, and declares it as ``MEASURE``."""
