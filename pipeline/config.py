"""The configuration of a corpus, composed of each stage's own parameters."""

from pathlib import Path
from typing import Any

from pydantic import Field, field_validator, model_validator

from pipeline.decide.presets import PRESETS
from pipeline.decide.rules import DecideParams
from pipeline.dedup.minhash import DedupParams
from pipeline.dedup.passages import PassageParams
from pipeline.measures.contamination_sets import ContaminationParams
from pipeline.measures.measure import MeasureParams
from pipeline.measures.pii import PiiParams
from pipeline.sources.inputs import InputParams
from pipeline.spark.session import SparkParams
from pipeline.text.normalize import NormalizeParams
from pipeline.tokens.shard_plan import ShardParams
from pipeline.tokens.tokenizer import TokenizerParams
from schemas.config import Section
from schemas.redaction import has_credentials


class CorpusConfig(Section):
    """One corpus: where from, where to, and the parameters of every stage.

    A section is a stage, a key is one of its parameters: ``[dedup] threshold = 0.8``.
    """

    input: str = Field(min_length=1)
    """Folder of dumps (or one dump)."""
    output: str = Field(min_length=1)
    """Folder of the corpus. It belongs to this corpus alone."""
    name: str | None = Field(default=None, min_length=1)
    """Name of the corpus; unset, its input folder. Guards the output folder against another
    corpus."""
    max_unreadable: float = Field(default=0.05, ge=0.0, le=1.0)
    """Share of unreadable records above which the build fails."""
    sources: InputParams = InputParams()
    normalize: NormalizeParams = NormalizeParams()
    measure: MeasureParams = MeasureParams()
    decide: DecideParams = DecideParams()
    contamination: ContaminationParams = ContaminationParams()
    dedup: DedupParams = DedupParams()
    passages: PassageParams = PassageParams()
    pii: PiiParams = PiiParams()
    tokenizer: TokenizerParams = TokenizerParams()
    shards: ShardParams = ShardParams()
    spark: SparkParams = SparkParams()

    @field_validator("output")
    @classmethod
    def _resolve(cls, output: str) -> str:
        if has_credentials(output):
            raise ValueError(
                "holds credentials, and Spark would not use them; give them to Spark's Hadoop "
                "configuration or the environment"
            )
        # Executors have a working directory of their own.
        return output if "://" in output else str(Path(output).resolve())

    @model_validator(mode="after")
    def _same_definitions(self) -> "CorpusConfig":
        preset, variant = self.decide.preset, self.measure.variant
        if PRESETS[preset].is_parity and preset != variant:
            raise ValueError(
                f"decide.preset = {preset!r} compares numbers of {preset}: set measure.variant = "
                f"{preset!r}, too"
            )
        return self

    def shaping(self) -> dict[str, Any]:
        """The part that decides what is in the corpus: no paths and nothing about Spark. How
        each input is read stands in the manifest beside the input."""
        return self.model_dump(
            mode="json",
            exclude={
                **dict.fromkeys(
                    ("input", "output", "name", "max_unreadable", "sources", "spark"), True
                ),
                "tokenizer": {"path"},  # its checksum says what it is
                "contamination": {"sets": {"__all__": {"path"}}},  # as theirs do
            },
        )
