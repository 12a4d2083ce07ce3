"""AdamW, and Muon for the matrices inside a network's layers."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

LAYERS = ".layers."
"""What the names of parameters inside repeated layers contain."""

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
NEWTON_SCHULZ_STEPS = 5
RMS_OF_ADAMW = 0.2


class Muon(Optimizer):
    """Optimiser with orthogonal momentum for matrices (Jordan et al. 2024, "Muon").

    The update is scaled to the size that AdamW's usually has (0.2 root mean square; Liu et al. 2025, "Muon is scalable
    for LLM training"), so that both take the same learning rate. `torch.optim.Muon` computes the same in bfloat16,
    which is tens of times slower on a CPU without instructions for it; this keeps the gradient's precision.
    """

    def __init__(self, matrices: list[nn.Parameter], lr: float, weight_decay: float, momentum: float = 0.95) -> None:
        super().__init__(matrices, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        for group in self.param_groups:
            for matrix in group["params"]:
                if matrix.grad is None:
                    continue
                state = self.state[matrix]
                if not state:
                    state["momentum"] = torch.zeros_like(matrix)
                momentum = state["momentum"].lerp_(matrix.grad, 1 - group["momentum"])
                update = orthogonalise(matrix.grad.lerp(momentum, group["momentum"]))
                scale = RMS_OF_ADAMW * max(matrix.shape) ** 0.5
                matrix.mul_(1 - group["lr"] * group["weight_decay"]).sub_(update, alpha=group["lr"] * scale)


def orthogonalise(matrix: Tensor) -> Tensor:
    """Return about the nearest matrix with equal singular values.

    They are between 0.7 and 1.2.

    A quintic Newton-Schulz iteration with the coefficients of Jordan et al.
    """
    a, b, c = NEWTON_SCHULZ
    is_tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if is_tall else matrix
    x = x / x.norm().clamp(min=1e-7)
    for _ in range(NEWTON_SCHULZ_STEPS):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.T if is_tall else x


def make_optimizers(model: nn.Module, kind: str, learning_rate: float, weight_decay: float) -> list[Optimizer]:
    """Return the optimisers that together train all parameters of a model.

    Matrices decay; biases, norms and other vectors do not. 'muon' takes the matrices in layers; embeddings, output
    layers and convolutions stay with AdamW.
    """
    named = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    hidden = [p for name, p in named if kind == "muon" and p.dim() == 2 and LAYERS in name]
    taken = {id(p) for p in hidden}
    rest = [p for _, p in named if id(p) not in taken]
    groups = [
        {"params": [p for p in rest if p.dim() >= 2], "weight_decay": weight_decay},
        {"params": [p for p in rest if p.dim() < 2], "weight_decay": 0.0},
    ]
    adamw = AdamW(groups, lr=learning_rate, betas=(0.9, 0.98))
    return [Muon(hidden, learning_rate, weight_decay), adamw] if hidden else [adamw]
