import subprocess
import sys
from pathlib import Path

import pytest
import torch

from schemas.errors import ConfigError, DataError
from trainer.config import RuntimeParams
from trainer.distributed import World, is_lost_connection, open_world

ROOT = Path(__file__).resolve().parents[2]

SCRIPT = """
import torch
from schemas.errors import CorpusMillError, DataError
from trainer.config import RuntimeParams
from trainer.distributed import open_world

with open_world(RuntimeParams(device="cpu")) as world:
    assert world.world_size == 2 and world.is_lead == (world.rank == 0)
    assert world.gather(world.rank * 10) == [0, 10]
    assert world.sum(torch.tensor([1.0 + world.rank])).item() == 3.0
    assert world.on_lead(lambda: f"from {world.rank}") == "from 0"
    assert world.together(lambda: world.rank) == world.rank

    def fail_on(rank):
        def action():
            if world.rank == rank:
                raise DataError(f"rank {rank} is out of paper")
        return action

    for call, rank in ((world.on_lead, 0), (world.together, 1)):
        try:
            call(fail_on(rank))
        except DataError as error:
            assert str(error) == f"rank {rank} is out of paper"
        else:
            raise AssertionError("this rank went on alone")
    def full():
        raise OSError(28, "No space left on device", "/data/run")

    try:
        world.on_lead(full)
    except CorpusMillError as error:
        assert str(error).startswith("/data/run: No space left on device; free some space there")
    else:
        raise AssertionError("this rank went on alone")
    assert world.on_lead_only(lambda: open) is (open if world.is_lead else None)
    print(f"rank {world.rank} fine", flush=True)
"""


def test_two_ranks_share_values_and_errors(tmp_path):
    script = tmp_path / "two_ranks.py"
    script.write_text(SCRIPT)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    done = subprocess.run(
        [*command, "--nproc-per-node", "2", str(script)],
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    # The ranks write into one pipe, line and line end apart.
    said = done.stdout.replace("fine", "fine ").split()
    assert sorted(said) == ["0", "1", "fine", "fine", "rank", "rank"]


def test_a_single_process_is_a_world_of_its_own(monkeypatch):
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    with open_world(RuntimeParams(device="cpu", num_threads=1)) as world:
        assert world == World(0, 1, 0, torch.device("cpu"))
        assert torch.get_num_threads() == 1
        assert world.gather(7) == [7]
        assert world.on_lead(lambda: 3) == world.together(lambda: 3) == 3
        with pytest.raises(DataError):
            world.together(lambda: (_ for _ in ()).throw(DataError("no")))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_cuda_is_refused_where_there_is_none():
    refusal = pytest.raises(ConfigError, match=r"runtime\.device = 'cuda': no CUDA device")
    with refusal, open_world(RuntimeParams(device="cuda")):
        pass


def test_a_lost_rank_is_told_from_a_defect():
    assert is_lost_connection(torch.distributed.DistBackendError("NCCL error"))
    assert is_lost_connection(RuntimeError("[/pytorch/gloo/pair.cc] Connection closed by peer"))
    assert not is_lost_connection(RuntimeError("shape mismatch"))
