"""Sound, training and files of the bar model."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from model_files.errors import ModelError
from osu_beatmap.beatmap import TimingPoint
from osu_beatmap.held_out import Split
from osu_beatmap.timing.active_point import Timing
from osu_beatmap.timing.beat_clock import BeatClock
from osuT5.bars import training
from osuT5.bars.beat_sound import BeatSound, beat_sound
from osuT5.bars.config import BarConfig
from osuT5.bars.files import CONTRACT_FILE, load_bar_model, save_bar_model
from osuT5.bars.network import BarNetwork
from osuT5.bars.prediction import predict_downbeats
from osuT5.bars.sampling import BarSampler, BarSamplingOptions, BarSong, bar_song
from osuT5.bars.training import initial_network, right_passages, train_bars
from osuT5.dataset.files.filters import ChartFilter
from osuT5.dataset.files.sources import SourceReport
from osuT5.map_model.options import MapTrainOptions, PartOptions
from osuT5.map_model.part_run import PartRun
from osuT5.rhythm.features import BANDS
from osuT5.rhythm.pitches import LOWEST_NOTE, PITCHES, compute_pitches
from tests.osuT5.beats.beat_songs import make_chart, make_song
from training.loop_options import LoggingOptions, LoopOptions
from training.processes import Processes

SMALL = BarConfig(part_width=4, pitch_width=4, width=16, heads=2, layers=1, dropout=0.0, window_beats=64)


def make_bar_song(name: str = "song", beats: int = 200) -> BarSong:
    rng = np.random.default_rng(0)
    sound = BeatSound(*(rng.random((beats, *shape)).astype(np.float16) for shape in ((12, BANDS), (2, PITCHES))))
    return BarSong(name, sound, np.arange(beats) % 4 == 1, np.ones(beats, bool))


def test_a_tone_is_loudest_at_its_note() -> None:
    tone = np.sin(2 * np.pi * 440.0 * np.arange(16_000) / 16_000).astype(np.float32)
    pitches = compute_pitches(tone)
    assert pitches.shape == (21, PITCHES)
    assert (pitches[4:16].argmax(axis=1) == 69 - LOWEST_NOTE).all()
    assert compute_pitches(np.zeros(0, np.float32)).shape == (1, PITCHES)


def test_sound_is_read_at_the_beats_and_repeats_beyond_the_song() -> None:
    clock = BeatClock.from_timing(Timing([TimingPoint(0.0, 500.0)]), 4000.0)
    frames = np.arange(300, dtype=np.float32)[:, None]
    sound = beat_sound(frames, frames[:60] * 5, clock, lead_ms=20.0)
    np.testing.assert_allclose(sound.levels[1, :2, 0], [53.04, 57.2], atol=0.05)  # 20 ms later, mean of half a part
    np.testing.assert_allclose(sound.pitches[1, :, 0], [64.5, 89.5], atol=0.1)
    assert sound.levels[-1, -1, 0] == 299.0


def test_bars_are_certain_around_the_objects_and_effects_are_omitted() -> None:
    pitches = np.zeros((400, PITCHES), np.float16)
    found = bar_song(make_song(make_chart((0.0, 500.0, 4), times_ms=(8_000.0, 10_000.0))), pitches)
    assert found is not None
    assert np.flatnonzero(found.is_certain).tolist() == list(range(8, 28))
    assert np.flatnonzero(found.is_downbeat)[:3].tolist() == [0, 4, 8]
    assert bar_song(make_song(make_chart((0.0, 500.0, 1))), pitches) is None


def test_batches_of_a_step_are_equal_and_windows_end_with_the_song() -> None:
    sampler = BarSampler([make_bar_song(beats=40)], BarSamplingOptions(songs=3), 64, seed=1)
    batch, again = sampler.batch(5), sampler.batch(5)
    assert torch.equal(batch.levels, again.levels)
    assert torch.equal(batch.pitches, again.pitches)
    assert batch.levels.shape == (3, 64, 12, BANDS)
    assert (batch.is_certain.sum(dim=1) == 40).all() or (batch.is_certain.sum(dim=1) < 64).all()


def test_a_passage_is_right_by_its_summed_logits_and_broken_bars_do_not_count() -> None:
    song = make_bar_song(beats=200)
    song.is_downbeat[70] = True
    numbers = np.arange(200)
    logits = np.where(numbers % 4 == 1, 1.0, -1.0)
    assert right_passages(logits, song) == [True, True]
    assert right_passages(np.where(numbers < 100, logits, -logits), song) == [True, False]
    assert right_passages(logits[:40], song) == []


def test_a_long_song_is_predicted_like_its_windows() -> None:
    torch.manual_seed(0)
    network, sound = BarNetwork(SMALL).eval(), make_bar_song().sound
    logits = predict_downbeats(network, sound)
    assert logits.shape == (200,)
    window = BeatSound(sound.levels[32:96], sound.pitches[32:96])
    np.testing.assert_allclose(logits[48:80], predict_downbeats(network, window)[16:48], atol=1e-5)


@pytest.fixture
def part_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PartRun:
    """A short run; one of twelve songs is for validation."""

    def load_songs(dataset: str, cache: Path, split: Split, report: SourceReport, chart_filter: ChartFilter) -> list:
        return [] if split is Split.HELD_OUT else [make_bar_song(f"{number:02}") for number in range(12)]

    monkeypatch.setattr(training, "load_bar_songs", load_songs)
    loop = LoopOptions(
        total_steps=4, warmup_steps=1, optimizer="adamw", evaluate_every=2, checkpoint_every=1, average_decay=0.5
    )
    part = PartOptions(asdict(SMALL), {"songs": 2})
    options = MapTrainOptions(str(tmp_path), bars=part, loop=loop, logging=LoggingOptions("disabled"))
    return PartRun("bars", options, Processes("cpu"))


def test_a_run_measures_songs_that_it_was_not_trained_on_and_writes_a_model(part_run: PartRun) -> None:
    train_bars(part_run)
    assert part_run.is_finished
    network = load_bar_model(part_run.model)
    assert network.pitch_mean.abs().sum() > 0
    lines = [json.loads(line) for line in (part_run.folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    held_out = [line["held_out"] for line in lines if "held_out" in line]
    assert [set(each) for each in held_out] == [{"loss", "bars_right"}] * 2
    started = replace(part_run.options, pretrained_path=str(part_run.folder.parent))
    (part_run.folder.parent / "bars" / CONTRACT_FILE).write_bytes((part_run.model / CONTRACT_FILE).read_bytes())
    (part_run.folder.parent / "bars" / "model.safetensors").write_bytes(
        (part_run.model / "model.safetensors").read_bytes()
    )
    again = initial_network(PartRun("bars", started, part_run.processes), [])
    assert all(parameter.requires_grad for parameter in again.parameters())


def test_the_bundled_model_is_small_and_loads(repo_root: Path) -> None:
    folder = repo_root / "models" / "mini" / "bars"
    assert load_bar_model(folder).level_mean.abs().sum() > 0
    assert (folder / "model.safetensors").stat().st_size < 1_000_000


def test_a_model_of_other_pitches_is_refused(tmp_path: Path) -> None:
    save_bar_model(tmp_path, SMALL, BarNetwork(SMALL).state_dict())
    contract = json.loads((tmp_path / CONTRACT_FILE).read_text(encoding="utf-8"))
    contract["pitches"]["hop_samples"] = 400
    (tmp_path / CONTRACT_FILE).write_text(json.dumps(contract), encoding="utf-8")
    with pytest.raises(ModelError, match="another pitches"):
        load_bar_model(tmp_path)
