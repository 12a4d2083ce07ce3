"""Training runs: resumption, warm start, pause, and model files."""

import json
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from rhythm_songs import SMALL, make_chart, make_song
from safetensors.torch import load_file

from model_files.errors import ModelError
from osu_beatmap.beatmap import GameMode
from osu_beatmap.held_out import Split
from osuT5.rhythm import training
from osuT5.rhythm.corpus import RhythmSong
from osuT5.rhythm.files import CONTRACT_FILE, load_rhythm_model, save_rhythm_model
from osuT5.rhythm.network import RhythmNetwork
from osuT5.rhythm.sampling import SamplingOptions
from osuT5.rhythm.train import main
from osuT5.rhythm.training import (
    RhythmTask,
    RhythmTrainOptions,
    initial_network,
    mean_features,
    train_rhythm,
)
from training.loop_options import LoopOptions


@pytest.fixture
def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RhythmTrainOptions:
    """Options of a short run on two songs; one is held out."""
    songs = {
        Split.TRAIN: [make_song(), make_song(make_chart("taiko", GameMode.TAIKO), name="b", seed=1)],
        Split.HELD_OUT: [make_song(name="c", seed=2)],
    }

    def load_songs(folder: Path, cache: Path, split: Split, report: object) -> list[RhythmSong]:
        return songs[split]

    monkeypatch.setattr(training, "load_songs", load_songs)
    loop = LoopOptions(
        total_steps=6, warmup_steps=1, optimizer="adamw", evaluate_every=3, checkpoint_every=1, average_decay=0.5
    )
    return RhythmTrainOptions(
        tmp_path, tmp_path / "run", network=SMALL, sampling=SamplingOptions(songs=2, charts=1), loop=loop
    )


def read_weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def test_a_run_reports_held_out_groups_and_writes_a_model(options: RhythmTrainOptions) -> None:
    folder = train_rhythm(options)
    network = load_rhythm_model(folder)
    assert network.config == SMALL
    np.testing.assert_allclose(
        network.feature_mean, mean_features(training.load_songs(Path(), Path(), Split.TRAIN, None)), atol=1e-3
    )
    lines = [json.loads(line) for line in (options.run_path / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    held_out = [line["held_out"] for line in lines if "held_out" in line]
    assert len(held_out) == 2
    assert held_out[0]["loss"] == held_out[0]["standard"]
    assert (options.run_path / "best_model" / CONTRACT_FILE).is_file()


def test_a_started_run_keeps_its_dropout(options: RhythmTrainOptions, tmp_path: Path) -> None:
    save_rhythm_model(tmp_path / "start", SMALL, RhythmNetwork(SMALL).state_dict())
    started = replace(options, start_path=str(tmp_path / "start"), network=replace(SMALL, width=32, dropout=0.3))
    network = initial_network(started, [])
    assert network.config == replace(SMALL, dropout=0.3)
    assert all(parameter.requires_grad for parameter in network.parameters())


def test_a_run_waits_while_its_pause_file_exists(options: RhythmTrainOptions, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(training, "PAUSE_POLL_S", 0.01)
    pause = tmp_path / "pause"
    pause.touch()
    task = RhythmTask(RhythmNetwork(SMALL), _NoSampler(), [], str(pause))
    thread = threading.Thread(target=task.batch, args=(0,))
    thread.start()
    time.sleep(0.05)
    assert thread.is_alive()
    pause.unlink()
    thread.join(timeout=5)
    assert not thread.is_alive()


class _NoSampler:
    def batch(self, step: int) -> None:
        return None


def test_the_bundled_model_is_small_and_loads(repo_root: Path) -> None:
    folder = repo_root / "models" / "mini" / "rhythm"
    network = load_rhythm_model(folder)
    assert network.feature_mean.abs().sum() > 0
    assert sum(path.stat().st_size for path in folder.iterdir()) < 8_000_000


def test_a_model_of_another_clock_is_refused(tmp_path: Path) -> None:
    save_rhythm_model(tmp_path, SMALL, RhythmNetwork(SMALL).state_dict())
    contract = json.loads((tmp_path / CONTRACT_FILE).read_text(encoding="utf-8"))
    contract["clock"]["ticks_per_beat"] = 48
    (tmp_path / CONTRACT_FILE).write_text(json.dumps(contract), encoding="utf-8")
    with pytest.raises(ModelError, match="another clock"):
        load_rhythm_model(tmp_path)


def test_a_folder_without_a_model_is_refused_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(ModelError, match="is not a rhythm model"):
        load_rhythm_model(tmp_path)
    assert main([str(tmp_path), "--run", str(tmp_path / "run")]) == 2
    assert "has no songs to train on" in capsys.readouterr().err
    assert main([str(tmp_path / "missing")]) == 2
    assert "There is no folder" in capsys.readouterr().err
