"""The optimizers, their parameter groups, and what surrounds a step of each.

The update rules are torch's, and :mod:`trainer.lion`. Around them: weight decay, decoupled from
the gradient (Loshchilov and Hutter 2019), and the proximal step of an L1 penalty.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from trainer.config import OptimizerParams
from trainer.lion import Lion
from trainer.sharding import local, spread, whole

_EMBEDDINGS = ("embedding.", "head.", "position_embedding.")


class Optimizer:
    """Updates every weight of a model by one rule (``muon``: matrices by it, the rest by AdamW).

    Attributes:
        parts: the torch optimizers that share out the weights.
    """

    def __init__(self, model: nn.Module, params: OptimizerParams) -> None:
        """Group the weights of ``model``: decayed or not, matrix or not."""
        self._params, self._weights = params, dict(model.named_parameters())
        self.decayed: list[Tensor] = [
            w for name, w in self._weights.items() if decays(name, w, params)
        ]
        self.parts = _make(params, self._weights, {id(weight) for weight in self.decayed})

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        """One update; every group has the same learning rate.

        Decay that the rule does not know itself comes before it, as in AdamW. The L1 step comes
        after: ``w <- sign(w) * max(|w| - learning_rate * l1, 0)``, the proximal operator of the
        penalty ``l1 * |w|`` (ISTA; Parikh and Boyd 2014, section 6.5.2), which reaches exact
        zeros where a subgradient only circles them. As with decoupled decay, it is not scaled by
        the second moments of Adam.
        """
        for part in self.parts:
            for group in part.param_groups:
                group["lr"] = learning_rate
        params = self._params
        if params.weight_decay and params.kind in ("sgd", "adagrad", "lion") and self.decayed:
            torch._foreach_mul_(self.decayed, 1 - learning_rate * params.weight_decay)
        for part in self.parts:
            part.step()
        if params.l1:
            threshold = learning_rate * params.l1
            for weight in self.decayed:
                weight.sub_(weight.clamp(-threshold, threshold))

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for weight in self._weights.values():
            weight.grad = None

    def tensors(self) -> dict[str, Tensor]:
        """The state by ``<slot>/<weight's name>``, such as ``exp_avg/norm.weight``."""
        return {
            f"{slot}/{name}": value
            for name, weight in self._weights.items()
            for part in self.parts
            if weight in part.state
            for slot, value in part.state[weight].items()
        }

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Put back what :meth:`tensors` gave, on the device of each weight."""
        slots_of: dict[str, dict[str, Tensor]] = {}
        for key, value in tensors.items():
            slot, _, name = key.partition("/")
            slots_of.setdefault(name, {})[slot] = spread(value, self._weights[name])
        names = {id(weight): name for name, weight in self._weights.items()}
        for part in self.parts:
            order = [names[id(weight)] for group in part.param_groups for weight in group["params"]]
            state = {i: slots_of[name] for i, name in enumerate(order) if name in slots_of}
            groups = part.state_dict()["param_groups"]
            part.load_state_dict({"state": state, "param_groups": groups})

    @torch.no_grad()
    def restore(self, parts: dict[str, Tensor]) -> None:
        """Put back this rank's parts of an earlier state: of none, or of these very tensors."""
        if not parts:
            for part in self.parts:
                part.state.clear()
        for name, value in self.tensors().items():
            local(value).copy_(parts[name])


def decays(name: str, weight: Tensor, params: OptimizerParams) -> bool:
    """Whether weight decay and L1 reach this weight; ``optimizer.no_decay`` lists what not."""
    if name.startswith(_EMBEDDINGS):
        kind = "embeddings"
    elif name.endswith(".bias"):
        kind = "biases"
    else:
        kind = "norms" if weight.dim() < 2 else "matrices"
    return kind not in params.no_decay


def clip_gradients(model: nn.Module, max_norm: float) -> Tensor:
    """Scale all gradients so that their joint norm is at most ``max_norm``; return the old norm.

    Call it after the ranks have summed their gradients: clipping before gives another direction.
    """
    return whole(torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm))


def _make(
    params: OptimizerParams, weights: dict[str, nn.Parameter], decayed: set[int]
) -> list[torch.optim.Optimizer]:
    everything = list(weights.values())
    if params.kind != "muon":
        return [_plain(params.kind, params, _groups(everything, params, decayed))]
    matrices = [w for name, w in weights.items() if w.dim() == 2 and not _is_embedding(name)]
    chosen = {id(weight) for weight in matrices}
    others = [weight for weight in everything if id(weight) not in chosen]
    muon = torch.optim.Muon(
        _groups(matrices, params, decayed),
        lr=params.learning_rate,
        momentum=0.95 if params.momentum is None else params.momentum,
        # Updates as large as AdamW's, so one learning rate serves both (Liu et al. 2025).
        adjust_lr_fn="match_rms_adamw",
    )
    return [muon, _plain("adamw", params, _groups(others, params, decayed))]


def _plain(
    kind: str, params: OptimizerParams, groups: list[dict[str, Any]]
) -> torch.optim.Optimizer:
    on_cpu = groups[0]["params"][0].device.type == "cpu"
    rate, betas = params.learning_rate, (params.beta1, params.beta2)
    if kind == "sgd":
        momentum = 0.9 if params.momentum is None else params.momentum
        return torch.optim.SGD(_no_decay(groups), lr=rate, momentum=momentum, fused=True)
    if kind == "adagrad":
        return torch.optim.Adagrad(
            _no_decay(groups), lr=rate, eps=params.epsilon, fused=True if on_cpu else None
        )
    if kind == "lion":
        return Lion(_no_decay(groups), lr=rate, betas=betas)
    rule = torch.optim.Adam if kind == "adam" else torch.optim.AdamW
    return rule(groups, lr=rate, betas=betas, eps=params.epsilon, fused=True)


def _groups(
    weights: Iterable[nn.Parameter], params: OptimizerParams, decayed: set[int]
) -> list[dict[str, Any]]:
    weights = list(weights)
    groups = [
        {"params": [w for w in weights if id(w) in decayed], "weight_decay": params.weight_decay},
        {"params": [w for w in weights if id(w) not in decayed], "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]


def _no_decay(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """For rules whose own decay would enter the gradient."""
    return [{"params": group["params"]} for group in groups]


def _is_embedding(name: str) -> bool:
    return name.startswith(_EMBEDDINGS)
