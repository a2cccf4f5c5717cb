"""A table: name, version, Arrow schema and key. The only place that knows versions.

Layout on disk: ``<root>/<name>/v<version>/batch=<batch>/part-*.parquet`` with a
``_manifest.json`` written last; that rename is the commit.
"""

from dataclasses import dataclass

import pyarrow as pa

from schemas.errors import DataError

MANIFEST_NAME = "_manifest.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """The contract of one stored table.

    >>> import pyarrow as pa
    >>> pets = Table(name="pets", version=1, key=("id",),
    ...              schema=pa.schema([pa.field("id", pa.string(), nullable=False)]))
    >>> pets.path("/corpus", batch="b1")
    '/corpus/pets/v1/batch=b1'
    """

    name: str
    version: int
    schema: pa.Schema
    key: tuple[str, ...]

    def path(self, root: str, batch: str | None = None) -> str:
        """Folder of the table below ``root``, or of one of its batches."""
        folder = (
            f"{root.rstrip('/')}/{self.name}/v{self.version}"  # a path would eat the // of a URI
        )
        return folder if batch is None else f"{folder}/batch={batch}"

    def check(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return ``batch`` in this table's column order.

        Spark reads non-null Parquet back as nullable, so nullness is checked on the values
        and not on the declared type.

        Raises:
            DataError: a column is missing, unknown, of another type, or holds a null that
                the contract forbids.
        """
        missing = [name for name in self.schema.names if name not in batch.schema.names]
        unknown = [name for name in batch.schema.names if name not in self.schema.names]
        if missing or unknown:
            raise DataError(f"{self.name}: missing columns {missing}, unknown columns {unknown}")
        columns = []
        for field in self.schema:
            column = batch.column(field.name)
            if column.type != field.type:
                try:
                    column = column.cast(field.type)
                except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
                    raise DataError(
                        f"{self.name}.{field.name}: expected {field.type}, found {column.type}"
                    ) from error
            if not field.nullable and column.null_count:
                raise DataError(f"{self.name}.{field.name}: {column.null_count} nulls")
            columns.append(column)
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)
