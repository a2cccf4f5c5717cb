"""Write shards while tasks or whole executors die: run in a process of its own by test_shards.

python -m tests.pipeline.spark.failing_shards {task,executor} FOLDER
"""

import os
import signal
import sys
from pathlib import Path

from pyspark import TaskContext

from pipeline.measures.pii import PiiParams
from pipeline.spark import shards as shard_stage
from pipeline.tokens import shard_writer
from pipeline.tokens.shard_plan import ShardParams
from pipeline.tokens.tokenizer import TokenizerParams

MASTERS = {"task": "local[2,4]", "executor": "local-cluster[2,1,1024]"}


def documents():
    """300 documents of two sources."""
    return [
        (
            f"{i * 7919:032x}",
            "web" if i % 3 else "wiki",
            f"Document {i}. " + "磨坊 grinds. " * (i % 7),
        )
        for i in range(300)
    ]


def die(what: str) -> None:
    """End this Python worker at once, or the Java process that it works for."""
    if what == "executor":
        daemon = os.getppid()
        stat = Path(f"/proc/{daemon}/stat").read_text()
        os.kill(int(stat.rpartition(")")[2].split()[1]), signal.SIGKILL)
    os._exit(1)


def dying(what: str) -> type[shard_writer.ShardWriter]:
    """A writer whose first attempt at every other shard dies between two files."""

    class Dying(shard_writer.ShardWriter):
        def write(self, files, folder, loss_weights):
            context = TaskContext.get()
            assert context is not None
            marker = Path(folder) / f"died-{self.split}-{self.number}"
            deaths = len(list(Path(folder).glob("died-*")))
            may_die = deaths < (1 if what == "executor" else 100) and not marker.exists()
            if self.number % 2 == 0 and may_die:
                place = Path(folder) / self.split
                place.mkdir(parents=True, exist_ok=True)
                (place / ".draft").write_bytes(b"torn")
                (place / f"shard-{self.number:05d}.bin").write_bytes(b"of another attempt")
                marker.touch()
                die(what)
            return super().write(files, folder, loss_weights)

    return Dying


def main(what: str, folder: str) -> None:
    """Print the manifest entries, one a line."""
    from pipeline.spark.session import SparkParams, open_session

    params = ShardParams(tokens_per_shard=1500, validation_fraction=0.2)
    with open_session("failing_shards", SparkParams(master=MASTERS[what], partitions=4)) as spark:
        texts = spark.createDataFrame(documents(), "doc_id string, source string, text string")
        tokenizer = shard_stage.make_tokenizer(
            texts, TokenizerParams(vocabulary_size=320), PiiParams()
        )
        tokens = shard_stage.encode_documents(
            texts, tokenizer, params, PiiParams(), f"{folder}/scratch"
        )
        shard_stage.ShardWriter = dying(what)
        for shard in shard_stage.write_shards(tokens, tokenizer, params, f"{folder}/shards"):
            print("SHARD", shard.model_dump_json())


if __name__ == "__main__":
    main(*sys.argv[1:])
