"""The contract between the stages: tables, manifests, configuration, errors."""

__version__ = "0.2.0"
