"""Figures of benchmarks, one line of JSON each, so that later ones can be held against them."""

import json
import os
import platform
import subprocess
import time
from pathlib import Path
from typing import Any

HISTORY = Path(__file__).with_name("history.jsonl")


def append_history(record: dict[str, Any]) -> None:
    """Write a line with the figures, the time, the commit and the machine."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    record = {
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "commit": commit,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        **record,
    }
    with HISTORY.open("a", encoding="utf-8") as history:
        history.write(json.dumps(record) + "\n")
