"""A tiny model that knows every context, and times drawn at random, for tests that generate maps."""

from pathlib import Path

import pytest

from tests.support.reference_songs import RANDOM_TIMES, make_model


@pytest.fixture(scope="package")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("model") / "all")


@pytest.fixture
def random_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.generation.chart.requested_sampling", lambda request, spec: RANDOM_TIMES)
