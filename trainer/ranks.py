"""torchrun for our jobs: when a rank fails, what it said stands alone, and its exit code counts.

python -m trainer.ranks --standalone --nproc-per-node 2 jobs/train_model.py --config FILE

torchrun itself ends each failure of a rank, and each signal, with a stack trace of its own, and
with exit code 1.
"""

import logging
import signal
import sys
from collections.abc import Sequence

from torch.distributed import run
from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError


def main(argv: Sequence[str] | None = None) -> int:
    """Take torchrun's arguments; the exit code of the rank that failed first, or 128 and the
    signal that came."""
    logging.disable(logging.ERROR)  # of this process; the ranks' own are theirs
    try:
        run.main(None if argv is None else list(argv))
    except SignalException as error:
        return 128 + error.sigval
    except ChildFailedError as error:
        rank, failure = error.get_first_failure()
        if failure.exitcode >= 0:
            return int(failure.exitcode)
        name = signal.Signals(-failure.exitcode).name  # nobody there to say it
        print(f"error: rank {rank} was ended by {name}; start again to resume", file=sys.stderr)
        return 128 - int(failure.exitcode)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
