"""The noise schedule against literal values, and diffusion in fewer steps."""

import numpy as np
import pytest

from osu_diffusion.schedule import space_steps, squared_cosine


def test_squared_cosine_and_its_posterior() -> None:
    schedule = squared_cosine()
    assert len(schedule) == 1000
    assert schedule.betas[:3] == pytest.approx([4.12842248e-05, 4.61417527e-05, 5.09994812e-05], rel=1e-8)
    assert schedule.betas[-1] == 0.999
    assert schedule.alpha_bars[:2] == pytest.approx([0.99995872, 0.99991258], abs=1e-8)
    schedule = squared_cosine()
    assert schedule.posterior_variances[:3] == pytest.approx([0.0, 2.17894961e-05, 3.22107462e-05], rel=1e-7)
    assert schedule.posterior_log_variances[:2] == pytest.approx([-10.73408253, -10.73408253], abs=1e-7)
    assert schedule.posterior_signal_weights[:2] == pytest.approx([1.0, 0.52778141], abs=1e-8)
    assert schedule.posterior_noisy_weights[:2] == pytest.approx([0.0, 0.47221859], abs=1e-8)


def test_fewer_steps_see_the_same_noise() -> None:
    full = squared_cosine()
    steps = space_steps([10, *[0] * 9])
    respaced = full.respace(steps)
    assert steps == [0, 11, 22, 33, 44, 55, 66, 77, 88, 99]
    assert respaced.model_steps.tolist() == steps
    np.testing.assert_allclose(respaced.alpha_bars, full.alpha_bars[steps], rtol=1e-12)
    assert respaced.betas[:2] == pytest.approx([4.12842248e-05, 7.74507625e-04], rel=1e-7)


@pytest.mark.parametrize(
    ("counts", "steps", "wanted"),
    [
        ([2, 0], 20, [0, 9]),
        ([0, 3], 20, [10, 14, 19]),
        ([1, 1], 20, [0, 10]),
        ([2, 2, 2], 10, [0, 3, 4, 6, 7, 9]),
    ],
)
def test_sections(counts: list[int], steps: int, wanted: list[int]) -> None:
    assert space_steps(counts, steps) == wanted


def test_a_section_has_no_more_steps_than_it_has() -> None:
    with pytest.raises(ValueError, match="a section of 10 steps cannot be visited in 11"):
        space_steps([11, 0], 20)
