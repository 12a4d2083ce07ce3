"""Frame heads over a song: windows put together, with a model whose heads say the time."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from osuT5.generation.activations import song_activations
from osuT5.tokens.contract import mini_spec

SPEC = mini_spec()
FRAMES = SPEC.grid.frames
SONG_MS = 20_000.0
HEADS = ("a", "b")


def stub_model(has_heads: bool = True) -> SimpleNamespace:
    """A model whose encoder states are the logits themselves."""
    config = SimpleNamespace(frame_heads=HEADS)
    return SimpleNamespace(frame_heads=has_heads or None, config=config, frame_logits=lambda states: states)


def states_of(signal: np.ndarray, windows) -> torch.Tensor:
    """Each window hears its part of the signal [frames, heads], silence around it."""
    silence = np.full((2 * FRAMES, signal.shape[1]), -9.0)
    padded = np.concatenate([silence, signal, silence])
    starts = [2 * FRAMES + window.start_frame for window in windows]
    return torch.tensor(np.stack([padded[start : start + FRAMES] for start in starts]))


@pytest.fixture
def signal():
    return np.random.default_rng(0).normal(size=(int(SONG_MS / SPEC.grid.frame_ms) + 1, len(HEADS)))


@pytest.mark.parametrize("lookahead", [0.0, 0.4])
def test_windows_that_agree_give_the_song_back(signal, lookahead):
    windows = SPEC.grid.windows(SONG_MS, 0.5, lookahead)
    found = song_activations(stub_model(), SPEC, states_of(signal, windows), windows, SONG_MS)
    assert found.shape == signal.shape
    assert np.allclose(found, 1 / (1 + np.exp(-signal)))


def test_where_windows_disagree_the_middle_counts_most(signal):
    windows = SPEC.grid.windows(SONG_MS, 0.5, 0.0)
    states = torch.full((len(windows), FRAMES, len(HEADS)), -20.0)
    later = windows[3]
    states[3] = 20.0
    found = song_activations(stub_model(), SPEC, states, windows, SONG_MS)[:, 0]
    middle = later.start_frame + FRAMES // 2
    edge = later.start_frame + 5
    assert found[middle] > 0.9
    assert found[edge] < 0.1
    assert found[later.start_frame - 5] < 1e-6


def test_a_song_shorter_than_a_window_and_a_model_without_heads():
    windows = SPEC.grid.windows(1_000.0)
    states = torch.zeros(1, FRAMES, len(HEADS))
    found = song_activations(stub_model(), SPEC, states, windows, 1_000.0)
    assert found.shape == (126, len(HEADS))
    assert (found == 0.5).all()
    assert song_activations(stub_model(has_heads=False), SPEC, torch.zeros(1, 1, 1), [], 1_000.0) is None
