"""Training of the rhythm model: loss, initial weights, and model files."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from rhythm_songs import SMALL, make_chart, make_song

from model_files.errors import ModelError
from osu_beatmap.beatmap import GameMode
from osuT5.map_model.options import MapTrainOptions, PartOptions
from osuT5.map_model.part_run import PartRun
from osuT5.rhythm.axis import song_axes
from osuT5.rhythm.files import CONTRACT_FILE, load_rhythm_model, save_rhythm_model
from osuT5.rhythm.network import RhythmNetwork
from osuT5.rhythm.sampling import BatchSampler, SamplingOptions
from osuT5.rhythm.training import RhythmTask, initial_network, mean_features
from training.options import OptionError
from training.processes import Processes

SIZES = {"width": 16, "heads": 2, "channels": 8, "tick_width": 4}


def run_of(**options) -> PartRun:
    return PartRun("rhythm", MapTrainOptions(**options), Processes())


def test_training_lowers_the_held_out_loss_of_each_group() -> None:
    songs = [make_song(), make_song(make_chart("taiko", GameMode.TAIKO), name="b", seed=1)]
    axes = [axis for song in songs for axis in song_axes(song)]
    torch.manual_seed(0)
    network = RhythmNetwork(SMALL)
    task = RhythmTask(BatchSampler(axes, SamplingOptions(songs=2, charts=1), SMALL.window_beats, 1), axes)
    before = task.evaluate(network.eval())
    optimizer = torch.optim.AdamW(network.train().parameters(), 1e-2)
    for step in range(12):
        loss, _ = task.loss(network, task.batch(step), step)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    after = task.evaluate(network.eval())
    assert set(after) == {"loss", "standard", "taiko"}
    assert after["loss"] < before["loss"]


def test_targets_are_mixed_with_the_predictions_of_teachers() -> None:
    axes = song_axes(make_song())
    torch.manual_seed(0)
    teacher = RhythmNetwork(SMALL).eval()
    torch.nn.init.constant_(teacher.head.logit.weight, 0.0)
    torch.nn.init.constant_(teacher.head.logit.bias, 0.0)
    sampler = BatchSampler(axes, SamplingOptions(songs=1, teacher_share=0.5), SMALL.window_beats, 1, has_teachers=True)
    batch = sampler.batch(0)
    targets = RhythmTask(sampler, axes, [teacher])._targets(batch)
    torch.testing.assert_close(targets, 0.5 * batch.objects + 0.25)
    assert RhythmTask(sampler, axes)._targets(batch) is batch.objects


def test_random_weights_are_for_the_songs() -> None:
    songs = [make_song(), make_song(name="b", seed=1)]
    network = initial_network(run_of(rhythm=PartOptions(sizes=SIZES)), songs)
    assert network.config.width == 16
    np.testing.assert_allclose(network.feature_mean, mean_features(songs), atol=1e-3)


def test_given_weights_keep_their_sizes_but_not_their_dropout(tmp_path: Path) -> None:
    save_rhythm_model(tmp_path / "rhythm", SMALL, RhythmNetwork(SMALL).state_dict())
    part = PartOptions(sizes={"width": 32, "dropout": 0.3})
    network = initial_network(run_of(pretrained_path=str(tmp_path), rhythm=part), [])
    assert network.config == replace(SMALL, dropout=0.3)
    assert all(parameter.requires_grad for parameter in network.parameters())


def test_unknown_sizes_are_refused() -> None:
    with pytest.raises(OptionError, match=r"no option rhythm\.sizes\.widht"):
        initial_network(run_of(rhythm=PartOptions(sizes={"widht": 32})), [])


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


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is not a rhythm model"):
        load_rhythm_model(tmp_path)
