"""Training runs, whole-song prediction, and model files of the beat model."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from beat_songs import SMALL, make_song

from model_files.errors import ModelError
from osu_beatmap.held_out import Split
from osuT5.beats import prediction, training
from osuT5.beats.files import CONTRACT_FILE, load_beat_model, save_beat_model
from osuT5.beats.network import BeatNetwork
from osuT5.beats.prediction import predict_logits
from osuT5.beats.sampling import BeatSamplingOptions
from osuT5.beats.train import main
from osuT5.beats.training import BeatTrainOptions, initial_network, split_validation, train_beats
from training.loop_options import LoopOptions


@pytest.fixture
def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BeatTrainOptions:
    """Options of a short run; one of three songs is for validation."""
    monkeypatch.setattr(training, "VALIDATION_EVERY", 3)

    def load_songs(folder: Path, cache: Path, split: Split) -> list:
        assert split is Split.TRAIN
        return [make_song(name=name, seed=seed) for seed, name in enumerate("abc")]

    monkeypatch.setattr(training, "load_songs", load_songs)
    loop = LoopOptions(
        total_steps=4, warmup_steps=1, optimizer="adamw", evaluate_every=2, checkpoint_every=1, average_decay=0.5
    )
    sampling = BeatSamplingOptions(songs=2, frames=256)
    return BeatTrainOptions(tmp_path, tmp_path / "run", network=SMALL, sampling=sampling, loop=loop)


def test_a_run_measures_songs_that_it_was_not_trained_on_and_writes_a_model(options: BeatTrainOptions) -> None:
    network = load_beat_model(train_beats(options))
    assert network.config == SMALL
    assert network.feature_mean.abs().sum() > 0
    lines = [json.loads(line) for line in (options.run_path / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    held_out = [line["held_out"] for line in lines if "held_out" in line]
    assert [set(each) for each in held_out] == [{"loss", "beat", "downbeat"}] * 2
    assert (options.run_path / "best_model" / CONTRACT_FILE).is_file()
    started = replace(options, start_path=str(options.run_path / "model"))
    assert all(parameter.requires_grad for parameter in initial_network(started, []).parameters())


def test_validation_songs_depend_on_names_alone() -> None:
    songs = [make_song(name=f"{number:02}") for number in range(30)]
    trained, validated = split_validation(songs[::-1])
    assert [song.name for song in validated] == ["11", "23"]
    assert len(trained) == 28


def test_a_song_is_predicted_in_parts_as_it_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    network = BeatNetwork(SMALL).eval()
    for layer in network.layers:
        torch.nn.init.normal_(layer.output.weight)
    features = make_song(seconds=9.77).features
    whole = predict_logits(network, features)
    assert whole.shape == (977, 2)
    monkeypatch.setattr(prediction, "FRAMES_AT_ONCE", 128)
    np.testing.assert_allclose(predict_logits(network, features), whole, atol=1e-5)


def test_the_bundled_model_is_small_and_loads(repo_root: Path) -> None:
    folder = repo_root / "models" / "mini" / "beats"
    assert load_beat_model(folder).feature_mean.abs().sum() > 0
    assert (folder / "model.safetensors").stat().st_size < 1_000_000


def test_a_model_of_another_spectrogram_is_refused(tmp_path: Path) -> None:
    save_beat_model(tmp_path, SMALL, BeatNetwork(SMALL).state_dict())
    contract = json.loads((tmp_path / CONTRACT_FILE).read_text(encoding="utf-8"))
    contract["spectrogram"]["hop_length"] = 128
    (tmp_path / CONTRACT_FILE).write_text(json.dumps(contract), encoding="utf-8")
    with pytest.raises(ModelError, match="another spectrogram"):
        load_beat_model(tmp_path)


def test_a_folder_without_a_model_is_refused_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(ModelError, match="is not a beat model"):
        load_beat_model(tmp_path)
    assert main([str(tmp_path), "--run", str(tmp_path / "run")]) == 2
    assert "has no songs to train on" in capsys.readouterr().err
