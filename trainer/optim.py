"""AdamW with its parameter groups, and one step of it."""

import torch
from torch import Tensor, nn

from trainer.config import OptimizerParams


def make_optimizer(model: nn.Module, params: OptimizerParams) -> torch.optim.AdamW:
    """AdamW (Loshchilov and Hutter 2019) with decay on matrices only; fused on CUDA.

    Norm gains never decay; embeddings and the output layer by option.
    """
    decayed: list[nn.Parameter] = []
    others: list[nn.Parameter] = []
    for name, weight in model.named_parameters():
        is_embedding = name.startswith(("embedding.", "head."))
        decays = weight.dim() >= 2 and (params.decay_embeddings or not is_embedding)
        (decayed if decays else others).append(weight)
    groups = [
        {"params": decayed, "weight_decay": params.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(
        [group for group in groups if group["params"]],
        lr=params.learning_rate,
        betas=(params.beta1, params.beta2),
        eps=params.epsilon,
        fused=next(model.parameters()).is_cuda,
    )


def clip_gradients(model: nn.Module, max_norm: float) -> Tensor:
    """Scale all gradients so that their joint norm is at most ``max_norm``; return the old norm.

    Call it after the ranks have summed their gradients: clipping before gives another direction.
    """
    return torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)


def set_learning_rate(optimizer: torch.optim.Optimizer, learning_rate: float) -> None:
    """Give all parameter groups the same learning rate."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate


def optimizer_tensors(model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """State of the optimizer by ``<slot>/<weight's name>``, such as ``exp_avg/norm.weight``."""
    return {
        f"{slot}/{name}": value
        for name, weight in model.named_parameters()
        for slot, value in optimizer.state.get(weight, {}).items()
    }


def load_optimizer_tensors(
    model: nn.Module, optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]
) -> None:
    """Put back what :func:`optimizer_tensors` gave, on the device of each weight."""
    slots_of: dict[str, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        slot, _, name = key.partition("/")
        slots_of.setdefault(name, {})[slot] = value
    names = {id(weight): name for name, weight in model.named_parameters()}
    order = [names[id(weight)] for group in optimizer.param_groups for weight in group["params"]]
    optimizer.load_state_dict(
        {
            "state": {i: slots_of[name] for i, name in enumerate(order) if name in slots_of},
            "param_groups": optimizer.state_dict()["param_groups"],
        }
    )
