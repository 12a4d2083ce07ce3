"""Sampling: one step against its closed form, a model that knows the truth, and sequences in pieces."""

import pytest
import torch

from feedback.progress import Stage
from osu_diffusion.sampling import Estimate, chunks, posterior_step, sample
from osu_diffusion.schedule import NoiseSchedule, space_steps, squared_cosine

SCHEDULE = squared_cosine().respace(space_steps([20, *[0] * 9]))


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(7)


def test_one_step_is_the_posterior_and_the_true_noise_recovers_the_positions() -> None:
    """With x_0 = 1, x_t = 2: the mean of q(x_{t-1} | x_t, x_0) is w_0 + 2 w_t, its deviation that of the schedule."""
    step = 5
    clean, noisy, noise = torch.ones(1, 3, 2), torch.full((1, 3, 2), 2.0), torch.ones(1, 3, 2)
    found = posterior_step(noisy, clean, SCHEDULE, step, noise)
    mean = SCHEDULE.posterior_signal_weights[step] + 2.0 * SCHEDULE.posterior_noisy_weights[step]
    assert found.flatten().tolist() == pytest.approx([mean + SCHEDULE.posterior_variances[step] ** 0.5] * 6, rel=1e-5)
    clean = torch.rand(2, 30, 2, generator=generator()) * 2 - 1
    start = torch.randn(2, 30, 2, generator=generator())
    found = sample(TrueNoise(clean), SCHEDULE, start, lambda x: x, generator())
    assert (found - clean).abs().max() < 1e-4


class TrueNoise:
    """A model that returns the noise that is really in the positions."""

    def __init__(self, clean: torch.Tensor) -> None:
        self.clean = clean

    def __call__(self, noisy: torch.Tensor, schedule: NoiseSchedule, step: int) -> Estimate:
        signal = float(schedule.alpha_bars[step])
        noise = (noisy - signal**0.5 * self.clean) / (1.0 - signal) ** 0.5
        return Estimate((noisy - (1.0 - signal) ** 0.5 * noise) / signal**0.5)


def test_constraints_hold_at_every_step_and_progress_is_told() -> None:
    told = []
    seen = []

    def constrain(clean: torch.Tensor) -> torch.Tensor:
        seen.append(clean)
        return clean.clamp(0.0, 0.5)

    clean = torch.full((1, 4, 2), 0.9)
    start = torch.zeros(1, 4, 2)
    progress = lambda stage, done, total: told.append((stage, done, total))  # noqa: E731
    found = sample(TrueNoise(clean), SCHEDULE, start, constrain, generator(), extra_steps=2, progress=progress)
    assert torch.equal(found, torch.full((1, 4, 2), 0.5))
    assert len(seen) == 22
    assert told[-1] == (Stage.REFINING, 22, 22)


@pytest.mark.parametrize("length", [1, 10, 11, 25, 100])
def test_chunks_keep_every_point_once_with_its_neighbours(length: int) -> None:
    longest, buffer = 10, 3
    kept_points = []
    for seen, kept in chunks(length, longest, buffer):
        assert seen.stop - seen.start <= longest
        assert kept.start - seen.start >= min(buffer, kept.start)
        assert seen.stop - kept.stop >= min(buffer, length - kept.stop)
        kept_points += range(kept.start, kept.stop)
    assert kept_points == list(range(length))
