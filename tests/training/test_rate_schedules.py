import pytest

from training.loop_options import LoopOptions
from training.options import OptionError


def test_the_rate_warms_up_then_falls_to_its_floor():
    options = LoopOptions(learning_rate=1.0, warmup_steps=10, total_steps=110)
    rates = [options.rate_at(step) for step in range(200)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[9] == rates[10] == pytest.approx(1.0)
    assert rates[60] == pytest.approx(0.02 + 0.98 * 0.5)
    assert rates[150] == rates[199] == pytest.approx(0.02)


def test_the_rate_is_sustained_then_falls_in_a_line():
    falling = {"schedule": "linear", "final_rate_share": 0.0}
    options = LoopOptions(**falling, learning_rate=2.0, warmup_steps=10, total_steps=60, sustain_steps=30)
    assert {options.rate_at(step) for step in range(9, 41)} == {2.0}
    assert options.rate_at(50) == pytest.approx(1.0)
    assert options.rate_at(59) == pytest.approx(0.1)
    assert options.rate_at(60) == options.rate_at(1000) == 0.0


def test_a_constant_rate_never_falls():
    options = LoopOptions(schedule="constant", learning_rate=3.0, warmup_steps=2, total_steps=10)
    assert [options.rate_at(step) for step in (0, 1, 2, 9, 99)] == [1.5, 3.0, 3.0, 3.0, 3.0]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"precision": "fp8"}, r"loop\.precision must be one of fp32, bf16, got fp8"),
        ({"optimizer": "sgd"}, r"loop\.optimizer must be one of adamw, muon, got sgd"),
        ({"schedule": "steps"}, r"loop\.schedule must be one of cosine, linear, constant, got steps"),
        ({"parallel": "zero"}, r"loop\.parallel must be one of ddp, fsdp, got zero"),
        ({"accumulation_steps": 0}, r"loop\.accumulation_steps must be 1 or more, got 0"),
        ({"keep_checkpoints": 0}, r"loop\.keep_checkpoints must be 1 or more, got 0"),
        ({"average_decay": 1.0}, r"loop\.average_decay must be within 0\.\.1, got 1\.0"),
    ],
)
def test_what_makes_no_sense_is_refused(changes, said):
    with pytest.raises(OptionError, match=said):
        LoopOptions(**changes)
