"""A nested config becomes dataclasses, or one sentence that names the option."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from training.options import OptionError, build_options


@dataclass(frozen=True)
class Inner:
    rate: float = 0.1
    shares: tuple[float, float] = (0.5, 0.5)


@dataclass(frozen=True)
class Outer:
    name: str = "run"
    steps: int = 10
    loud: bool = False
    sizes: Mapping[str, int] = field(default_factory=dict)
    inner: Inner = field(default_factory=Inner)


def test_values_of_every_kind_and_what_is_missing_keeps_its_default():
    assert build_options(Outer, {}) == Outer()
    assert build_options(Outer, {"inner": {"rate": 2}}) == Outer(inner=Inner(rate=2.0))
    config = {"name": None, "steps": 3, "loud": True, "sizes": {"d_model": 8}, "inner": {"shares": [1, 0.5]}}
    assert build_options(Outer, config) == Outer("", 3, True, {"d_model": 8}, Inner(shares=(1.0, 0.5)))


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"step": 3}, r"no option step; did you mean steps\?"),
        ({"rat": 3}, r"no option rat; did you mean inner.rate\?"),
        ({"inner": {"share": 3}}, r"no option inner.share; did you mean inner.shares\?"),
        ({"zzz": 3}, "no option zzz; known are inner, loud, name"),
        ({"steps": "three"}, "steps must be of kind int, got 'three'"),
        ({"steps": True}, "steps must be of kind int"),
        ({"steps": 1.5}, "steps must be of kind int"),
        ({"loud": 1}, "loud must be of kind bool"),
        ({"inner": 3}, "inner is a group of options"),
        ({"inner": {"rate": "fast"}}, "inner.rate must be of kind float"),
        ({"inner": {"shares": [1.0]}}, "inner.shares must be a list of 2 values"),
        ({"inner": {"shares": [1.0, "much"]}}, "inner.shares must be of kind float"),
    ],
)
def test_what_does_not_fit_is_named_as_it_is_typed(config, said):
    with pytest.raises(OptionError, match=said):
        build_options(Outer, config)
