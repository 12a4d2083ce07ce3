"""Drawing positions: a diffusion run backwards, from noise to a map.

Knows nothing of maps: positions are normalised arrays, and what has to hold for them comes as a function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from feedback.progress import Progress, Stage, silent
from osu_diffusion.schedule import NoiseSchedule

Constraint = Callable[[Tensor], Tensor]
"""Clean positions [S, n, 2] -> the nearest ones that are allowed."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Estimate from noisy positions.

    Attributes:
        clean: [S, n, 2].
        log_variances: [S, n, 2] of the step to less noise; None for the posterior's own.
    """

    clean: Tensor
    log_variances: Tensor | None = None


def posterior_step(
    noisy: Tensor, clean: Tensor, schedule: NoiseSchedule, step: int, noise: Tensor, log_variances: Tensor | None = None
) -> Tensor:
    """Sample x_{t-1} given x_t and x_0, all [S, n, 2].

    The last step adds no noise.

    Source: equations 10 and 11 of Nichol and Dhariwal 2021; see `NoiseSchedule`.
    """
    # The weights are float32 as in the published program.
    signal, kept = (
        torch.tensor(weights[step], dtype=torch.float32)
        for weights in (schedule.posterior_signal_weights, schedule.posterior_noisy_weights)
    )
    mean = signal * clean + kept * noisy
    if step == 0:
        return mean
    if log_variances is None:
        log_variances = torch.tensor(schedule.posterior_log_variances[step], dtype=torch.float32)
    return mean + torch.exp(0.5 * log_variances) * noise


def sample(
    estimate: Callable[[Tensor, NoiseSchedule, int], Estimate],
    schedule: NoiseSchedule,
    start: Tensor,
    constrain: Constraint,
    generator: torch.Generator,
    extra_steps: int = 0,
    progress: Progress = silent,
) -> Tensor:
    """Sample clean positions [S, n, 2] from noisy ones.

    The noisy ones are at the schedule's last step.

    Args:
        estimate: Estimates from noisy positions [S, n, 2] at a step of the schedule.
        constrain: Applied to the estimated clean positions at every step.
        extra_steps: Repetitions of the step with the least noise.
        progress: Called after every step.
    """
    steps = [*range(len(schedule) - 1, -1, -1), *[0] * extra_steps]
    positions = start
    for number, step in enumerate(steps):
        found = estimate(positions, schedule, step)
        noise = torch.randn(positions.shape, generator=generator)
        positions = posterior_step(positions, constrain(found.clean), schedule, step, noise, found.log_variances)
        progress(Stage.REFINING, number + 1, len(steps))
    return positions


def chunks(length: int, longest: int, buffer: int) -> Iterator[tuple[slice, slice]]:
    """Yield (input slice, slice to keep) for a sequence of any length.

    Pieces of at most `longest` points overlap by twice the buffer, and each is kept up to the buffer at its inner
    edges: every point is kept once, with at least `buffer` neighbours on each side that has them.
    """
    assert longest > 2 * buffer, "a piece must be more than its buffers"
    kept_to = 0
    while kept_to < length:
        first = max(0, kept_to - buffer)
        last = min(length, first + longest)
        keep_last = last if last == length else last - buffer
        yield slice(first, last), slice(kept_to, keep_last)
        kept_to = keep_last


def estimate_in_chunks(estimate: Callable[[slice], Estimate], length: int, longest: int, buffer: int) -> Estimate:
    """Estimate a whole sequence by estimates of its pieces.

    The pieces are joined before any noise is drawn, so no seam can arise: the estimates on both sides of a join used
    the same noisy positions.
    """
    if length <= longest:
        return estimate(slice(0, length))
    cleans, variances = [], []
    for seen, kept in chunks(length, longest, buffer):
        part = estimate(seen)
        inner = slice(kept.start - seen.start, kept.stop - seen.start)
        cleans.append(part.clean[:, inner])
        variances.append(None if part.log_variances is None else part.log_variances[:, inner])
    whole = None if variances[0] is None else torch.cat(variances, dim=1)
    return Estimate(torch.cat(cleans, dim=1), whole)
