"""ATTRIBUTES and thresholds -> how many records each limit breaks, and breaks alone.

The ledger names the first limit that a record breaks. What a limit costs is what it alone takes:
those records would be kept without it.
"""

import numpy as np
import pyarrow as pa

from pipeline.decide.decide import document_mask, try_limits
from pipeline.decide.rules import DecideParams

COUNTS = pa.schema(
    [
        pa.field("rule", pa.string(), nullable=False),
        pa.field("broken", pa.int64(), nullable=False),
        pa.field("broken_alone", pa.int64(), nullable=False),
        pa.field("characters_alone", pa.int64(), nullable=False),
    ]
)


def count_broken(attributes: pa.RecordBatch, params: DecideParams) -> pa.RecordBatch:
    """Records of a batch of ATTRIBUTES that break each limit: one row per limit, ``COUNTS``.

    ``broken`` counts records that break it, whatever else they break; ``broken_alone`` those that
    break nothing else, and ``characters_alone`` their characters. Records that are unreadable or
    skipped count nowhere; limits that nothing breaks are rows of zeros.

    Raises:
        DataError: a record is of no known source.
    """
    rules, broken, _, _ = try_limits(attributes, params)
    broken &= document_mask(attributes)
    alone = broken & (broken.sum(0) == 1)
    sizes = np.asarray(attributes.column("num_characters").fill_null(0), np.int64)
    return pa.RecordBatch.from_arrays(
        [
            pa.array(rules, pa.string()),
            pa.array(broken.sum(1), pa.int64()),
            pa.array(alone.sum(1), pa.int64()),
            pa.array(alone @ sizes, pa.int64()),
        ],
        schema=COUNTS,
    )
