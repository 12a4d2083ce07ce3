import pytest

from training.loop_options import LoopOptions
from training.options import OptionError


@pytest.mark.parametrize(
    ("options", "rates"),
    [
        (
            {"learning_rate": 1.0, "warmup_steps": 10, "total_steps": 110},
            {0: 0.1, 9: 1.0, 10: 1.0, 60: 0.02 + 0.98 * 0.5, 150: 0.02, 199: 0.02},
        ),
        (
            {"schedule": "linear", "final_rate_share": 0.0, "learning_rate": 2.0, "warmup_steps": 10}
            | {"total_steps": 60, "sustain_steps": 30},
            {9: 2.0, 25: 2.0, 40: 2.0, 50: 1.0, 59: 0.1, 60: 0.0, 1000: 0.0},
        ),
        (
            {"schedule": "constant", "learning_rate": 3.0, "warmup_steps": 2, "total_steps": 10},
            {0: 1.5, 1: 3.0, 2: 3.0, 9: 3.0, 99: 3.0},
        ),
    ],
    ids=["cosine", "linear", "constant"],
)
def test_the_rate_warms_up_then_follows_its_schedule(options, rates):
    schedule = LoopOptions(**options)
    assert {step: schedule.rate_at(step) for step in rates} == pytest.approx(rates)


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
