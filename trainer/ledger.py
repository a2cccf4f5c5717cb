"""The ledger of batches: which sequences a run has taken, in one rolling checksum.

A resume that repeats or leaves out data is the most common defect of trainers, and a silent one.
So each checkpoint holds the checksum of every sequence taken, in order; a resumed run computes
from (manifest, seed, step) what it should be, and stops when it differs.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from schemas.errors import DataError
from trainer.batches import Batches
from trainer.skipping import Window, batch_number


class BatchLedger:
    """Rolling sha256 over the numbers of batches and the places of their sequences.

    Attributes:
        digest: of all batches so far, in hexadecimal.
    """

    def __init__(self, manifest_sha256: str) -> None:
        self._manifest_sha256 = manifest_sha256
        self.clear()

    def clear(self) -> None:
        """Back to the start, before any batch."""
        self.digest = hashlib.sha256(self._manifest_sha256.encode()).hexdigest()

    def take(self, number: int, starts: NDArray[np.int64]) -> None:
        """Enter a batch: its number, and the first token of each sequence ``(B,)``."""
        entry = number.to_bytes(8, "little") + starts.astype("<i8").tobytes()
        self.digest = hashlib.sha256(bytes.fromhex(self.digest) + entry).hexdigest()

    def replay(self, batches: Batches, num_steps: int, skipped: Sequence[Window]) -> None:
        """The ledger as it must be after ``num_steps`` steps."""
        self.clear()
        for step in range(num_steps):
            number = batch_number(step, skipped)
            self.take(number, batches.starts(number))

    def audit(self, recorded: str) -> None:
        """Compare with a checkpoint's.

        Raises:
            DataError: the checkpoint's run has taken other sequences.
        """
        if recorded and recorded != self.digest:
            raise DataError(
                f"the checkpoint has seen other batches than this program would give it (ledger "
                f"{recorded[:12]}, expected {self.digest[:12]}); go on with the version that "
                "wrote it, or choose another output"
            )
