"""ATTRIBUTES as this checkout measures them: the contract's columns, then those of one's own."""

from collections.abc import Iterable

import pyarrow as pa

from pipeline.measures.own_measures import OWN_MEASURES, Measure
from schemas import documents
from schemas.table import Table


def with_own(table: Table, measures: Iterable[Measure]) -> Table:
    """A table with one more column for each measure.

    Raises:
        ValueError: two columns have one name.
    """
    names = list(table.schema.names)
    for measure in measures:
        if measure.column.name in names:
            raise ValueError(f"{table.name} has a column {measure.column.name} already")
        names.append(measure.column.name)
    return Table(
        name=table.name,
        version=table.version,
        key=table.key,
        schema=pa.schema([*table.schema, *(measure.column for measure in measures)]),
    )


ATTRIBUTES = with_own(documents.ATTRIBUTES, OWN_MEASURES)
