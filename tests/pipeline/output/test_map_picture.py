"""Maps as pixels, and sample generations of a run."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest

import pipeline.cli.training_samples as samples
from osu_beatmap.beatmap import EFFECT_KIAI, Circle, GameMode, HoldNote, Spinner, TimingPoint
from osuT5.training.options import LoraOptions, SampleOptions, TrainOptions
from pipeline.output.map_picture import BEAT, COMBO_COLOURS, DOWNBEAT, GAP, KIAI, PANEL, ROW_HEIGHT, SPINNER, picture
from tests.support.finish_drafts import RED, draft_of
from tests.support.sliders import line_slider

KIAI_START = TimingPoint(4000.0, -100.0, uninherited=False, effects=EFFECT_KIAI)
beatmap = partial(draft_of, lines=(RED, KIAI_START))


def pixel(pixels: np.ndarray, time_ms: float, share: float) -> tuple[int, ...]:
    """What is drawn at a time and a height of the playfield."""
    row, within_ms = divmod(time_ms, 10_000.0)
    top = GAP + int(row) * (ROW_HEIGHT + GAP)
    return tuple(int(v) for v in pixels[top + round(share * (ROW_HEIGHT - 1)), GAP + int(within_ms * 0.12)])


def test_objects_beats_and_kiai_are_where_they_belong():
    slider = line_slider(6000.0, (100.0, 384.0), (240.0, 384.0), length_px=140.0)
    objects = Circle(1250.0, 0, 0, new_combo=True), slider, Spinner(11_000.0, 256, 192, end_ms=13_000.0)
    pixels = picture(beatmap(*objects), 15_000.0)
    assert pixels.shape == (GAP + 2 * (ROW_HEIGHT + GAP), 1200 + 2 * GAP, 3)
    assert pixels.dtype == np.uint8
    assert pixel(pixels, 1250, 0.03) == COMBO_COLOURS[0]
    assert pixel(pixels, 1250, 0.5) == PANEL
    assert pixel(pixels, 6400, 0.96) == COMBO_COLOURS[0], "the slider goes on for a beat"
    assert pixel(pixels, 6700, 0.96) == KIAI
    assert pixel(pixels, 500, 0.5) == BEAT
    assert pixel(pixels, 2000, 0.5) == DOWNBEAT
    assert pixel(pixels, 12_100, 0.1) == pixel(pixels, 12_100, 0.9) == SPINNER


def test_mania_columns_lie_below_each_other():
    notes = Circle(1250.0, 64, 192), HoldNote(1250.0, 448, 192, end_ms=2250.0)
    pixels = picture(beatmap(*notes, mode=GameMode.MANIA), 5000.0)
    assert pixel(pixels, 1250, 0.15) == pixel(pixels, 2200, 0.85) == COMBO_COLOURS[0]
    assert pixel(pixels, 2200, 0.15) == PANEL


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list:
    """What generation is asked for, in place of generating; taiko fails."""
    asked = []

    def generate(request):
        asked.append(request)
        if request.map.gamemode is GameMode.TAIKO:
            raise RuntimeError("no beats")
        return type("Result", (), {"beatmap": beatmap(Circle(500.0, 256, 192))})

    monkeypatch.setattr(samples, "generate", generate)
    return asked


def test_a_sample_of_each_mode_and_none_ends_a_run(requests, tmp_path: Path, capsys):
    options = TrainOptions(samples=SampleOptions(sample_gamemodes=(0, 1), sample_seconds=2.0), device="cpu")
    model = tmp_path / "model"
    pictures = samples.sample_drawer(options)(model)
    assert set(pictures) == {"standard"}
    assert "There is no sample of taiko: no beats" in capsys.readouterr().out
    assert {request.model.model_path for request in requests} == {str(model)}
    assert all(request.song.audio_path.parent == tmp_path / "maps" for request in requests)


def test_a_sample_of_an_adapter_needs_the_model_that_it_adapts(requests, tmp_path: Path):
    options = TrainOptions(
        pretrained_path="a/b",
        lora=LoraOptions(enable_lora=True),
        samples=SampleOptions(sample_gamemodes=(3,), sample_seconds=1.0),
        device="cpu",
    )
    samples.sample_drawer(options)(tmp_path / "model")
    (request,) = requests
    assert (request.model.model_path, request.model.lora_path) == ("a/b", str(tmp_path / "model"))
