"""Training runs, whole-song prediction, and model files of the beat model."""

import json
import shutil
from dataclasses import asdict, replace
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
from osuT5.beats.training import initial_network, train_beats
from osuT5.dataset.files.filters import ChartFilter
from osuT5.dataset.files.sources import SourceReport
from osuT5.map_model import part_run as part_run_module
from osuT5.map_model.options import MapTrainOptions, PartOptions
from osuT5.map_model.part_run import PartRun, split_validation
from training.loop_options import LoggingOptions, LoopOptions
from training.processes import Processes


@pytest.fixture
def part_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PartRun:
    """A short run; one of three songs is for validation."""
    monkeypatch.setattr(part_run_module, "VALIDATION_EVERY", 3)

    def load_songs(dataset: str, cache: Path, split: Split, report: SourceReport, chart_filter: ChartFilter) -> list:
        return [] if split is Split.HELD_OUT else [make_song(name=name, seed=seed) for seed, name in enumerate("abc")]

    monkeypatch.setattr(training, "load_songs", load_songs)
    loop = LoopOptions(
        total_steps=4, warmup_steps=1, optimizer="adamw", evaluate_every=2, checkpoint_every=1, average_decay=0.5
    )
    part = PartOptions(asdict(SMALL), {"songs": 2, "frames": 256})
    options = MapTrainOptions(str(tmp_path), beats=part, loop=loop, logging=LoggingOptions("disabled"))
    return PartRun("beats", options, Processes("cpu"))


def test_a_run_measures_songs_that_it_was_not_trained_on_and_writes_a_model(part_run: PartRun) -> None:
    train_beats(part_run)
    assert part_run.is_finished
    network = load_beat_model(part_run.model)
    assert network.config.reach_frames == SMALL.reach_frames
    assert network.feature_mean.abs().sum() > 0
    lines = [json.loads(line) for line in (part_run.folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    held_out = [line["held_out"] for line in lines if "held_out" in line]
    assert [set(each) for each in held_out] == [{"loss", "beat", "downbeat"}] * 2
    shutil.copytree(part_run.model, part_run.folder.with_name("start") / "beats")
    started = replace(part_run.options, pretrained_path=str(part_run.folder.with_name("start")))
    network = initial_network(PartRun("beats", started, part_run.processes), [])
    assert all(parameter.requires_grad for parameter in network.parameters())


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


def test_a_folder_without_a_model_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is not a beat model"):
        load_beat_model(tmp_path)
