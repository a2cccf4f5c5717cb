"""The configuration of a training run. A section is a concern, a key is a field.

The vocabulary is not here: it is a fact of the shards and comes from their manifest.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.config import Section
from trainer.model_params import ModelParams

Verify = Literal["never", "first_use", "open"]


class OptimizerParams(Section):
    """Which rule updates the weights."""

    kind: Literal["adamw", "adam", "sgd", "adagrad", "lion", "muon"] = "adamw"
    """``muon`` is for matrices; embeddings, norms and biases then go by AdamW."""
    learning_rate: float = Field(default=1e-3, gt=0.0)
    """The peak; the schedule scales it."""
    beta1: float = Field(default=0.9, ge=0.0, lt=1.0)
    """Decay of the first moment (Adam, AdamW); of the direction (Lion)."""
    beta2: float = Field(default=0.95, ge=0.0, lt=1.0)
    """Decay of the second moment (Adam, AdamW); of the momentum (Lion; 0.99 in its paper)."""
    momentum: float | None = Field(default=None, ge=0.0, lt=1.0)
    """Of SGD (0.9 when absent) and Muon (0.95 when absent)."""
    epsilon: float = Field(default=1e-8, gt=0.0)
    """Added to the root of the second moment (Adam, AdamW, Adagrad)."""
    weight_decay: float = Field(default=0.1, ge=0.0)
    """L2, decoupled from the gradient: each step multiplies by ``1 - learning rate * this``.
    ``adam`` alone adds it to the gradient, as before AdamW."""
    l1: float = Field(default=0.0, ge=0.0)
    """L1 by a proximal step after each update: what falls below ``learning rate * this`` is 0."""
    no_decay: tuple[Literal["norms", "biases", "embeddings", "matrices"], ...] = (
        "norms",
        "biases",
        "embeddings",
    )
    """Weights that L2 and L1 leave alone; the output layer counts as an embedding."""
    max_gradient_norm: float = Field(default=1.0, gt=0.0)
    """The gradient of the whole batch is scaled down to this norm."""
    average_decay: float | None = Field(default=None, gt=0.0, lt=1.0)
    """Keep an exponential moving average of the weights, such as 0.999; validation and samples
    then use it."""


class ScheduleParams(Section):
    """How long to train and how the learning rate moves."""

    num_steps: int = Field(default=2000, ge=1)
    """Optimizer steps of the whole run, those before a resume included."""
    kind: Literal["cosine", "linear", "wsd", "inverse_sqrt", "constant"] = "cosine"
    """After the warm-up: half a cosine; a line; stable, then linear decay (WSD); falling with the
    root of the step; or flat."""
    num_warmup_steps: int = Field(default=100, ge=0)
    """Linear rise from near zero to the peak."""
    decay_fraction: float = Field(default=0.2, gt=0.0, le=1.0)
    """Share of the steps that ``wsd`` spends on its decay."""
    final_ratio: float = Field(default=0.1, ge=0.0, le=1.0)
    """Learning rate at the end, as a part of the peak (``cosine``, ``linear``, ``wsd``)."""


class CacheParams(Section):
    """Local copies of shards that lie in an object store. Each process has a folder of its own
    for each split that it reads."""

    folder: str | None = None
    """Where they are; unset: ``corpusmill/shards`` in the user's cache folder."""
    max_bytes: int = Field(default=64 * 2**30, ge=1)
    """Most that the copies of a process take; the shards of one batch must fit."""
    num_threads: int = Field(default=4, ge=1)
    """Objects that are fetched at a time."""
    steps_ahead: int = Field(default=16, ge=0)
    """Steps whose shards are fetched while earlier ones are computed."""
    attempts: int = Field(default=6, ge=1)
    """Times that an object is asked for; the wait between them doubles from half a second."""
    stall_seconds: float = Field(default=60.0, gt=0.0)
    """Without a byte, after which an attempt is given up."""


class DataParams(Section):
    """Which shards, and how they are cut into batches."""

    manifest: str
    """``manifest.json`` of the shards, the folder that holds it, or a corpus folder; a path, or a
    URI such as ``s3://bucket/corpus?region=eu-west-1``."""
    sequence_length: int = Field(default=512, ge=2)
    """Tokens that are predicted per sequence."""
    global_batch_size: int = Field(default=32, ge=1)
    """Sequences per optimizer step, over all ranks."""
    micro_batch_size: int = Field(default=32, ge=1)
    """Most sequences per rank in one forward pass; smaller needs less memory, same result."""
    document_weights: bool = True
    """Weigh each token's loss by the weight that its document has in the shards."""
    source_weights: dict[str, Annotated[float, Field(ge=0.0, allow_inf_nan=False)]] = Field(
        default_factory=dict
    )
    """Factor on the loss of each source's tokens, by its name in the shards; 1 where absent."""
    shuffle_window: int | None = Field(default=None, ge=1)
    """Shuffle so that so many shards are read at a time, for shards that lie far away: runs of
    neighbouring shards are shuffled, then the sequences of a window. Unset: all as one."""
    shift_epochs: bool = False
    """Cut the text of each epoch but the first at other places, less than a sequence further on:
    tokens that are repeated then stand elsewhere in their sequence, which delays overfitting."""
    verify: Verify = "first_use"
    """When a shard's checksums are compared: at the start, when first read (or fetched), or not at
    all."""
    cache: CacheParams = CacheParams()


class LossParams(Section):
    """What is minimised: cross entropy, and what may be added to it."""

    label_smoothing: float = Field(default=0.0, ge=0.0, lt=1.0)
    """Share of the target's probability that is spread over the vocabulary."""
    z_loss: float = Field(default=0.0, ge=0.0)
    """Weight of the squared logarithm of the softmax's denominator; 1e-4 in PaLM."""
    logits_chunk: int = Field(default=8192, ge=1)
    """Positions whose logits exist at one time."""


class CheckpointParams(Section):
    """When to save, and what to keep."""

    every: int = Field(default=500, ge=1)
    """Steps between checkpoints; the last step always makes one."""
    keep_last: int = Field(default=2, ge=1)
    """Newest checkpoints kept, beside the one with the best validation loss."""
    save_best: bool = True
    """Also save whenever the validation loss is the best so far."""
    resume: bool = True
    """Go on from the newest sound checkpoint of the run folder; off: refuse a used folder."""


class ValidationParams(Section):
    """Loss on the validation split."""

    every: int = Field(default=250, ge=1)
    """Steps between validations; the last step always has one."""
    max_sequences: int | None = Field(default=None, ge=1)
    """Evenly spaced part of the split to use; all of it when absent."""
    patience: int | None = Field(default=None, ge=1)
    """End the run after so many validations without a better loss; never when absent."""
    min_gain: float = Field(default=0.0, ge=0.0)
    """A loss counts as better when it is by more than this, in nats, below the last that did."""


class SpikeParams(Section):
    """What happens when the loss leaps or is no longer a number."""

    enabled: bool = True
    """Go back to the last snapshot and leave out the batches since; off: a loss that is no number
    ends the run, and a leap is not noticed."""
    window: int = Field(default=64, ge=4)
    """Steps whose losses say what is normal."""
    min_history: int = Field(default=32, ge=4)
    """Steps before leaps are noticed, or a full window; losses that are no numbers always are."""
    threshold: float = Field(default=12.0, gt=0.0)
    """Deviations (1.4826 times the median absolute one, at least 2 % of the median and 0.01 nats)
    above the median that make a spike, where the leap is also twice that of any other loss in the
    window."""
    snapshot_every: int = Field(default=100, ge=1)
    """Steps between snapshots of weights and optimizer in the host's memory."""
    max_rollbacks: int = Field(default=5, ge=0)
    """Times that the run may go back; then it ends."""


class LoggingParams(Section):
    """What is written while training."""

    every: int = Field(default=10, ge=1)
    """Steps between rows of ``metrics.jsonl`` (and lines on a screen that is no terminal)."""
    tensorboard: bool = True
    """Also write scalars for TensorBoard into ``<output>/tensorboard``."""
    sample_tokens: int = Field(default=64, ge=0)
    """After each validation write a text of so many tokens to ``samples.jsonl`` and TensorBoard;
    0, or ``parallel.mode = "fsdp"``: none."""
    report: bool = True
    """At the end write ``<output>/report.html`` with plots."""
    energy_country: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    """Estimate the energy that rank 0's machine takes, and its emissions in this country (three
    letters, such as ``CHN``), by codecarbon (``pip install -e '.[energy]'``)."""


class RuntimeParams(Section):
    """Where and how the arithmetic runs. A resumed run may change all of it."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    """``auto`` takes a CUDA device when there is one."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Of matrix products; weights stay float32. ``auto``: bfloat16 on CUDA, else float32."""
    residual: Literal["float32", "products"] = "float32"
    """Of the sum that all blocks add to: as the weights, or as the matrix products, which moves
    half the bytes."""
    compile: bool = False
    """Compile the model with ``torch.compile``."""
    num_threads: int | None = Field(default=None, ge=1)
    """CPU threads of each rank; when absent, the cores shared out among this machine's ranks."""


class ParallelParams(Section):
    """How ranks share the work."""

    mode: Literal["fast", "fsdp", "exact"] = "fast"
    """``fast``: the exact order of the data, sums in whatever order is fast (DDP). ``fsdp``: as
    fast, but each rank keeps a part of weights, gradients and optimizer state only (FSDP2).
    ``exact``: the same bits for any number of ranks, also across resumes; micro-batches are then
    the slots, and ``runtime.num_threads`` is 1 unless set."""
    num_slots: int = Field(default=8, ge=1)
    """Parts of the global batch that ``exact`` computes one by one; a power of two, a multiple of
    the number of ranks, and not to be changed within a run."""

    @model_validator(mode="after")
    def _power_of_two(self) -> Self:
        if self.num_slots & (self.num_slots - 1):
            raise ValueError("num_slots must be a power of two")
        return self


class StartParams(Section):
    """Weights to begin with instead of random ones: fine-tuning, or going on with other data."""

    run: str
    """Folder of a training run; the shards must be of its tokenizer. Keys of ``model`` that are not
    given are those of its weights."""
    checkpoint: str = "latest"
    """``latest``, ``best``, or a name such as ``step-00000500``."""
    average: bool = True
    """Take the averaged weights, where that run keeps them."""


class TrainConfig(Section):
    """Everything that shapes a training run."""

    output: str = "runs/train"
    """Folder of the run: checkpoints, metrics, tokenizer."""
    seed: int = Field(default=0, ge=0, lt=2**63)
    """Of the initial weights, the order of the sequences and dropout."""
    start: StartParams | None = None
    """Of another run, see below; unset, weights are drawn."""
    model: ModelParams = ModelParams()
    optimizer: OptimizerParams = OptimizerParams()
    schedule: ScheduleParams = ScheduleParams()
    data: DataParams
    loss: LossParams = LossParams()
    checkpoint: CheckpointParams = CheckpointParams()
    validation: ValidationParams = ValidationParams()
    spikes: SpikeParams = SpikeParams()
    logging: LoggingParams = LoggingParams()
    runtime: RuntimeParams = RuntimeParams()
    parallel: ParallelParams = ParallelParams()

    @model_validator(mode="after")
    def _positions_reach(self) -> Self:
        reach = self.model.num_positions
        if self.model.positions == "learned" and self.data.sequence_length > reach:
            raise ValueError(f"data.sequence_length must be at most model.num_positions, {reach}")
        return self

    @model_validator(mode="after")
    def _muon_needs_whole_matrices(self) -> Self:
        if self.optimizer.kind == "muon" and self.parallel.mode == "fsdp":
            raise ValueError("optimizer.kind = 'muon' needs whole matrices; not with mode = 'fsdp'")
        return self
