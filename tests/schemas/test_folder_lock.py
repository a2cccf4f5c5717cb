import os
import subprocess
import sys

import pytest

from schemas.errors import DataError
from schemas.folder_lock import locked

HOLD = (
    "import sys, pathlib\nfrom schemas.folder_lock import locked\n"
    "with locked(pathlib.Path(sys.argv[1]), 'run'):\n    print('held', flush=True)\n    input()\n"
)


def test_one_process_at_a_time_and_a_dead_one_holds_nothing(tmp_path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout.readline() == "held\n"
    said = rf"^output .*: another run is running \(process {holder.pid} on .*\); wait for it, or"
    with pytest.raises(DataError, match=said), locked(tmp_path, "run"):
        pass
    holder.kill()
    holder.wait()
    with locked(tmp_path, "run"):
        assert f"process {os.getpid()} on " in (tmp_path / ".lock").read_text()
    with locked(tmp_path, "run"):
        pass
