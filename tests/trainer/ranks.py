"""Training runs on several ranks of this machine."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def train_on(world_size, config, tmp_path):
    path = tmp_path / "config.json"
    path.write_text(config.model_dump_json())
    script = tmp_path / "train.py"
    script.write_text(
        "import sys\nfrom pathlib import Path\n"
        "from trainer.config import TrainConfig\nfrom trainer.loop import train\n"
        "train(TrainConfig.model_validate_json(Path(sys.argv[1]).read_text()))\n"
    )
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    done = subprocess.run(
        [*command, "--nproc-per-node", str(world_size), str(script), str(path)],
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
