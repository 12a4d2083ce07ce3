import torch
from torch import nn

from training.optimizers import Muon, make_optimizers


class Layered(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(5, 4)
        self.layers = nn.ModuleList(nn.Linear(4, 4) for _ in range(2))
        self.stem = nn.ModuleDict({"layers": nn.ModuleList([nn.Linear(4, 8)])})

    def forward(self, ids):
        x = self.embed(ids)
        for layer in self.layers:
            x = torch.tanh(layer(x))
        return self.stem["layers"][0](x)


def test_muon_takes_the_steps_of_the_one_in_torch_for_matrices_in_layers():
    torch.manual_seed(0)
    ours, theirs = (nn.Parameter(torch.ones(6, 4)) for _ in range(2))
    mine = Muon([ours], lr=0.1, weight_decay=0.05)
    reference = torch.optim.Muon([theirs], lr=0.1, weight_decay=0.05, adjust_lr_fn="match_rms_adamw")
    for _ in range(3):
        ours.grad = torch.randn(6, 4)
        theirs.grad = ours.grad.clone()
        mine.step()
        reference.step()
    assert torch.allclose(ours, theirs, atol=0.02)  # theirs computes in bfloat16
    assert not torch.allclose(ours, torch.ones(6, 4), atol=0.05)
    model = Layered()
    muon, adamw = make_optimizers(model, "muon", 1e-3, 0.01)
    named = {id(p): name for name, p in model.named_parameters()}
    of_muon = {named[id(p)] for group in muon.param_groups for p in group["params"]}
    of_adamw = [named[id(p)] for group in adamw.param_groups for p in group["params"]]
    assert of_muon == {"stem.layers.0.weight"}
    assert sorted([*of_muon, *of_adamw]) == sorted(named.values())
    assert len(make_optimizers(model, "adamw", 1e-3, 0.01)) == 1
