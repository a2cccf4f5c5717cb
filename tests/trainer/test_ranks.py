import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LAUNCH = [sys.executable, "-m", "trainer.ranks", "--standalone", "--nproc-per-node", "2"]


def start(tmp_path, text):
    script = tmp_path / "script.py"
    script.write_text(f"import os, signal, sys, time\nrank = int(os.environ['RANK'])\n{text}\n")
    return subprocess.Popen(
        [*LAUNCH, str(script)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("pass", 0, ""),
        (
            "print('error: x.bin is damaged', file=sys.stderr) if rank == 0 else None\nsys.exit(2)",
            2,
            "error: x.bin is damaged\n",
        ),
        (
            "os.kill(os.getpid(), signal.SIGKILL) if rank else time.sleep(60)",
            137,
            "error: rank 1 was ended by SIGKILL; start again to resume\n",
        ),
    ],
)
def test_what_the_ranks_said_stands_alone_and_their_exit_code_counts(tmp_path, text, code, said):
    process = start(tmp_path, text)
    _, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (code, said)


@pytest.mark.slow
def test_a_signal_reaches_the_ranks_and_is_the_exit_code(tmp_path):
    ready = tmp_path / "ready"
    process = start(
        tmp_path,
        f"""
def end(*_):
    open({str(ready)!r} + "end" + str(rank), "w")
    sys.exit(143)
signal.signal(signal.SIGTERM, end)
open({str(ready)!r} + str(rank), "w")
time.sleep(60)""",
    )
    while not all(Path(f"{ready}{rank}").exists() for rank in range(2)):
        time.sleep(0.1)
        assert process.poll() is None
    os.kill(process.pid, signal.SIGTERM)
    _, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (143, "")
    assert all(Path(f"{ready}end{rank}").exists() for rank in range(2))
