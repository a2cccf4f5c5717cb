"""Measures that are added by writing one file: those in the folder ``pipeline/measures/own``."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

import pyarrow as pa
from numpy.typing import NDArray

from pipeline.measures import own


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure:
    """One more column of ATTRIBUTES.

    Attributes:
        column: its name, type and, as its metadata, whatever one likes; null where a record has
            no text.
        kernel: string column without nulls -> a value for each text, as an array of numpy or
            Arrow. It must not carry anything from one batch to the next.
    """

    column: pa.Field
    kernel: Callable[[pa.Array], pa.Array | NDArray[Any]]

    def values(self, texts: pa.Array) -> pa.Array:
        """The column of a batch.

        Raises:
            ValueError: the kernel gave more or fewer values than there are texts.
        """
        found = self.kernel(texts)
        if len(found) != len(texts):
            raise ValueError(f"{self.column.name}: {len(found)} values of {len(texts)} texts")
        values = found if isinstance(found, pa.Array) else pa.array(found)
        return values.cast(self.column.type)


def find_measures(package: ModuleType) -> tuple[Measure, ...]:
    """``MEASURE`` of every module of a package, in the order of their names.

    Raises:
        TypeError: a module has none.
    """
    found = []
    for name in sorted(module.name for module in iter_modules(package.__path__)):
        measure = getattr(import_module(f"{package.__name__}.{name}"), "MEASURE", None)
        if not isinstance(measure, Measure):
            raise TypeError(f"{package.__name__}.{name} declares no MEASURE of the class Measure")
        found.append(measure)
    return tuple(found)


OWN_MEASURES = find_measures(own)
"""The measures of the folder."""
