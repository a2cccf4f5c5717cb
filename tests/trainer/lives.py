"""A run in several lives, each on so many ranks, all but the last of them killed with -9.

Every rank reads its batches as the training loop does and writes down what it got; rank 0 saves
the step and the ledger. ``lives.json`` says what each life was.
"""

import argparse
import hashlib
import json
import os
import random
import signal
import socket
import sys
import time
from pathlib import Path

import torch

from schemas.errors import CorpusMillError
from trainer.batches import Batches
from trainer.config import DataParams, RuntimeParams
from trainer.distributed import open_world
from trainer.ledger import BatchLedger
from trainer.reader import Reader

EPOCHS = 2
MAX_KILLED = 20
FAULTS = {None: 0, "skip_one": 1, "repeat_one": -1}


def live(options, number, end_step):
    """One rank of one life."""
    state_path = Path(options.folder) / "state.json"
    batches = Batches(options.manifest, seed=3, sequence_length=3, global_batch_size=4)
    with (
        open_world(RuntimeParams(device="cpu", num_threads=1)) as world,
        (Path(options.folder) / f"life-{number}.jsonl").open("a") as log,
    ):
        reader = Reader(batches, world, DataParams(manifest=options.manifest))
        ledger, step = BatchLedger(batches, world), 0
        if state_path.exists():
            state = json.loads(state_path.read_text())
            ledger.resume(state["ledger"], state["step"], [])
            step = state["step"]
        for coming in reader.ahead(step + (FAULTS[options.fault] if step else 0), end_step):
            batch = reader.share(coming.result)
            ledger.take(batch.number, batch.places)
            for row, tokens in enumerate(batch.rows, batch.first_row):
                digest = hashlib.sha256(tokens.tobytes()).hexdigest()
                log.write(json.dumps([step, row, digest]) + "\n")
            log.flush()
            step += 1
            state = {"step": step, "ledger": ledger.close_books(step, [])}
            if world.is_lead:
                draft = state_path.with_suffix(".draft")
                draft.write_text(json.dumps(state))
                draft.replace(state_path)


def start(options, number, world_size, end_step):
    """Processes of a life."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    ranks = []
    for rank in range(world_size):
        child = os.fork()
        if child:
            ranks.append(child)
            continue
        address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
        names = {"RANK": rank, "WORLD_SIZE": world_size, "LOCAL_RANK": rank}
        os.environ |= address | {name: str(value) for name, value in names.items()}
        try:
            live(options, number, end_step)
            os._exit(0)
        except CorpusMillError as error:
            print(error, file=sys.stderr, flush=True)
            os._exit(1)
    return ranks


def main():
    """All lives."""
    parser = argparse.ArgumentParser()
    parser.add_argument("manifest")
    parser.add_argument("folder")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--fault", choices=["skip_one", "repeat_one"])
    options = parser.parse_args()
    torch.set_num_threads(1)
    draws = random.Random(options.seed)
    batches = Batches(options.manifest, seed=3, sequence_length=3, global_batch_size=4)
    end_step = -(-EPOCHS * batches.num_sequences // 4)
    folder, facts = Path(options.folder), []
    while True:
        state = folder / "state.json"
        first_step = json.loads(state.read_text())["step"] if state.exists() else 0
        world_size, number = draws.choice([1, 2, 4]), len(facts)
        enough = 4 * draws.randint(2, 4)  # rows
        ranks = start(options, number, world_size, end_step)
        log = folder / f"life-{number}.jsonl"
        while not any(map(has_ended, ranks)):
            if log.exists() and log.read_text().count("\n") >= enough and number < MAX_KILLED:
                for rank in ranks:
                    os.kill(rank, signal.SIGKILL)
                break
            time.sleep(0.001)
        codes = [os.waitstatus_to_exitcode(os.waitpid(rank, 0)[1]) for rank in ranks]
        killed = -signal.SIGKILL in codes
        facts.append({"world_size": world_size, "first_step": first_step, "killed": killed})
        (folder / "lives.json").write_text(json.dumps(facts))
        if not killed:
            sys.exit(max(codes))


def has_ended(process):
    """Whether a child is gone; its exit code stays to be asked for."""
    return os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


if __name__ == "__main__":
    main()
