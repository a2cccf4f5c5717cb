"""Text from a trained model."""

import hashlib
from pathlib import Path

import torch
from pydantic import Field
from tokenizers import Tokenizer
from torch import Tensor

from schemas.config import Section
from schemas.errors import ConfigError, CorpusMillError, DataError
from schemas.shards import TOKENIZER_NAME
from schemas.text_encoder import text_encoder
from trainer import checkpoint
from trainer.cache import KeyValueCache
from trainer.model import Transformer
from trainer.model_params import ModelParams


class SamplingParams(Section):
    """How the next token is drawn."""

    max_new_tokens: int = Field(default=200, ge=1)
    """Stop here at the latest; an end-of-text token stops earlier."""
    temperature: float = Field(default=0.8, ge=0.0)
    """Divides the scores; 0 always takes the best token."""
    top_k: int | None = Field(default=50, ge=1)
    """Draw from the best so many tokens only."""
    top_p: float = Field(default=1.0, gt=0.0, le=1.0)
    """Draw from the fewest tokens whose probabilities reach this sum (nucleus sampling)."""
    seed: int = Field(default=0, ge=0, lt=2**63)
    """Equal seeds give equal texts."""


class SampleConfig(Section):
    """What ``jobs/sample_model.py`` does."""

    run: str
    """Folder of a training run."""
    checkpoint: str = "latest"
    """``latest``, ``best``, or a name such as ``step-00000500``."""
    prompts: tuple[str, ...] = ("",)
    """Texts to continue; an empty one begins a document."""
    device: str = Field(default="cpu", pattern=r"^(cpu|cuda)$")
    """Where the model runs."""
    average: bool = True
    """Use the averaged weights, where the run keeps them."""
    sampling: SamplingParams = SamplingParams()


class Writer:
    """A trained model with its tokenizer."""

    def __init__(
        self, run: str | Path, which: str = "latest", device: str = "cpu", average: bool = True
    ) -> None:
        """Load a checkpoint of a run folder.

        Raises:
            DataError: no such checkpoint, or it is damaged.
            ConfigError: there is no such device.
        """
        run = Path(run)
        if device == "cuda" and not torch.cuda.is_available():
            raise ConfigError("device = 'cuda': no CUDA device is available; allowed here: cpu")
        folder = checkpoint.find(run, which)
        state = checkpoint.read_state(folder)
        params = ModelParams.model_validate(state.config["model"])
        self.model = Transformer(params, state.vocabulary_size, state.end_of_text_id)
        checkpoint.load_into(self.model, folder, average)
        self.model.to(torch.device(device)).eval()
        self.context_length = int(state.config["data"]["sequence_length"])
        self.end_of_text_id = state.end_of_text_id
        try:
            definition = (run / TOKENIZER_NAME).read_bytes()
            self.tokenizer = Tokenizer.from_str(definition.decode())
            end_of_text = str(self.tokenizer.id_to_token(self.end_of_text_id))
            self._encoder = text_encoder(definition.decode(), end_of_text)
        except Exception as error:  # the library raises nothing narrower
            raise DataError(f"{run / TOKENIZER_NAME}: cannot be read: {error}") from None
        found = hashlib.sha256(definition).hexdigest()
        if found != state.tokenizer_sha256:
            raise DataError(
                f"{run / TOKENIZER_NAME}: sha256 {found[:12]}, the model was trained with "
                f"{state.tokenizer_sha256[:12]}; put back the tokenizer of the run"
            )

    def write(self, prompt: str, params: SamplingParams) -> str:
        """``prompt`` and its continuation; the prompt has the ids of a text in the shards."""
        ids = self._encoder.encode(prompt, add_special_tokens=False).ids
        # Documents follow an end-of-text token in training, so a text begins with one here.
        new = generate(
            self.model,
            [self.end_of_text_id, *ids],
            params,
            self.context_length,
            self.end_of_text_id,
        )
        return str(self.tokenizer.decode(ids + new))


@torch.inference_mode()
def generate(
    model: Transformer,
    prompt: list[int],
    params: SamplingParams,
    context_length: int,
    end_of_text_id: int,
) -> list[int]:
    """Ids that follow ``prompt``, up to but without the first end-of-text.

    Each token is computed from the cached keys and values of those before it. When the context
    the model was trained on is full, its newer half is read again as a fresh context.

    Raises:
        CorpusMillError: the prompt holds no token.
    """
    if not prompt:
        raise CorpusMillError("cannot generate from no token at all; give an end-of-text token")
    device = model.embedding.weight.device
    generator = torch.Generator(device).manual_seed(params.seed)
    tokens, unread, cache = list(prompt), list(prompt[-context_length:]), None
    for _ in range(params.max_new_tokens):
        if cache is None or cache.length + len(unread) > context_length:
            if cache is not None:
                unread = tokens[-max(1, context_length // 2) :]
            cache = KeyValueCache(
                model.params, 1, context_length, model.embedding.weight.dtype, device
            )
        hidden = model(torch.tensor([unread], device=device), cache)
        token = draw(model.logits(hidden[0, -1]), params, generator)
        if token == end_of_text_id:
            break
        tokens.append(token)
        unread = [token]
    return tokens[len(prompt) :]


def begin_text(
    model: Transformer, tokenizer: Tokenizer, max_new_tokens: int, context_length: int
) -> str:
    """A document from its beginning, by a model that is being trained; it is left as it was."""
    end = model.end_of_text_id
    if end is None:
        raise ValueError("the model does not know the end-of-text token")
    was_training = model.training
    model.eval()
    params = SamplingParams(max_new_tokens=max_new_tokens)
    text = str(tokenizer.decode(generate(model, [end], params, context_length, end)))
    model.train(was_training)
    return text


def draw(logits: Tensor, params: SamplingParams, generator: torch.Generator) -> int:
    """One token by its scores ``(V,)``.

    top-k as in Fan et al. 2018, then top-p as in Holtzman et al. 2020; the best token always
    stays in.
    """
    if params.temperature == 0:
        return int(logits.argmax())
    scores, ids = (logits.float() / params.temperature).sort(descending=True, stable=True)
    scores, ids = scores[: params.top_k], ids[: params.top_k]
    probabilities = scores.softmax(-1)
    before = probabilities.cumsum(-1) - probabilities
    probabilities[before >= params.top_p] = 0
    return int(ids[torch.multinomial(probabilities, 1, generator=generator)])


def write_samples(config: SampleConfig) -> None:
    """Print a continuation of each prompt."""
    writer = Writer(config.run, config.checkpoint, config.device, config.average)
    for number, prompt in enumerate(config.prompts):
        if number:
            print("-" * 72)
        print(writer.write(prompt, config.sampling))
