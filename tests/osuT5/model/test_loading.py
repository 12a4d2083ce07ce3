"""Which device is taken. Loading itself, and damaged models, are in test_end_to_end."""

import pytest
import torch

from osuT5.model.loading import ModelError, best_device


def pretend(monkeypatch, cuda: bool, mps: bool) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)


@pytest.mark.parametrize(
    ("cuda", "mps", "best"), [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu"), (True, False, "cuda")]
)
def test_auto_takes_the_fastest_that_is_there(monkeypatch, cuda, mps, best):
    pretend(monkeypatch, cuda, mps)
    assert best_device() == best_device("auto") == best
    assert best_device("cpu") == "cpu"


def test_a_numbered_gpu_is_kept(monkeypatch):
    pretend(monkeypatch, cuda=True, mps=False)
    assert best_device("cuda:1") == "cuda:1"


@pytest.mark.parametrize("wanted", ["cuda", "cuda:0", "mps", "abacus"])
def test_what_is_not_there_is_one_sentence(monkeypatch, wanted):
    pretend(monkeypatch, cuda=False, mps=False)
    with pytest.raises(ModelError, match=f"device={wanted} is not available"):
        best_device(wanted)
