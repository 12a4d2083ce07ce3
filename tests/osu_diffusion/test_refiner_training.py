"""Training a refiner: its data, its batches, and that it learns."""

import math
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from osu_beatmap.beatmap import Circle, GameMode, Metadata
from osu_beatmap.files.writer import write_beatmap
from osu_beatmap.held_out import Split, title_hash
from osu_diffusion.coarse_positions import cell_centres, move_to_grid
from osu_diffusion.conditions import ConditionSpec
from osu_diffusion.dataset import MIRRORS, load_charts, mirror_positions, refiner_chart
from osu_diffusion.files.loading import load_refiner
from osu_diffusion.options import RefinerAugmentationOptions, RefinerBatchOptions, RefinerTrainOptions
from osu_diffusion.refiner import GridRefiner, Spread
from osu_diffusion.training import (
    PartSampler,
    RefinerTask,
    mini_config,
    part_of,
    train_refiner,
)
from pipeline.cli.command_line import compose_config
from tests.osu_diffusion.point_maps import beatmap_of, every_kind, long_map
from training.options import OptionError, build_options

SPEC = ConditionSpec()
SMALL = {"width": 32, "depth": 2, "heads": 2, "band": 16}


def titled(title: str, version: str = "x", mode: GameMode = GameMode.STANDARD, shift: float = 0.0) -> str:
    beatmap = long_map(60)
    beatmap.mode = mode
    beatmap.metadata = Metadata(title=title, version=version)
    for obj in beatmap.hit_objects:
        obj.time_ms += shift
    return write_beatmap(beatmap)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_charts_are_split_by_title_and_taken_once(tmp_path: Path) -> None:
    write(tmp_path / "one" / "a.osu", titled("First"))
    write(tmp_path / "one" / "copy.osu", titled("First", "y"))
    write(tmp_path / "deep" / "er" / "b.osu", titled("Second", mode=GameMode.CATCH, shift=500.0))
    write(tmp_path / "mania" / "c.osu", titled("Third", mode=GameMode.MANIA))
    write(tmp_path / "broken" / "d.osu", "nothing")
    held_out = frozenset({title_hash("Second")})
    (train, others), skipped = load_charts(tmp_path, SPEC, [Split.TRAIN, Split.HELD_OUT], held_out)
    assert [chart.name for chart in train] == ["First [x]"]
    assert [chart.name for chart in others] == ["Second [x]"]
    assert len(skipped) == 1


def test_charts_of_an_archive(tmp_path: Path) -> None:
    chart = write(tmp_path / "elsewhere" / "a.osu", titled("First"))
    with tarfile.open(tmp_path / "charts.tar.xz", "w:xz") as archive:
        archive.add(chart, "folder/a.osu")
    chart.unlink()
    ((charts,), _) = load_charts(tmp_path, SPEC, [Split.ALL])
    assert len(charts) == 1


def test_drafts_are_what_a_decoder_leaves_and_short_sliders_have_a_direction() -> None:
    beatmap = long_map(60)
    chart = refiner_chart(beatmap, SPEC)
    starts = chart.sequence.kinds < 6
    for number, mirror in enumerate(MIRRORS):
        wanted = cell_centres(mirror_positions(chart.sequence.positions, mirror))
        np.testing.assert_array_equal(chart.drafts[number][starts], wanted[starts])
    assert chart.sequence.is_path_end.any()
    short = every_kind()
    short.hit_objects = [short.hit_objects[2]]
    short.hit_objects[0].segments[0].points = [(300.0, 100.0), (310.0, 100.0)]
    coarse = move_to_grid(short).hit_objects[0]
    assert math.dist(*coarse.segments[0].points) == pytest.approx(100.0)


def sampler(augmentation: RefinerAugmentationOptions | None = None, **options) -> PartSampler:
    settings = RefinerTrainOptions(batch=RefinerBatchOptions(rows=6, points=32), **options)
    return PartSampler([refiner_chart(long_map(80), SPEC)], SPEC, settings, augmentation, seed=1)


def test_batches_are_the_same_every_time_and_end_with_whole_objects() -> None:
    parts = sampler(RefinerAugmentationOptions())
    once, again, other = parts.batch(3), parts.batch(3), parts.batch(4)
    assert torch.equal(once.clean, again.clean)
    assert not torch.equal(once.clean, other.clean)
    sequence = parts.charts[0].sequence
    for number in range(20):
        first, last = part_of(sequence, 32, np.random.default_rng(number))
        assert last - first <= 32
        assert first == 0 or sequence.object_of[first - 1] != sequence.object_of[first]
        assert last == len(sequence) or sequence.object_of[last - 1] != sequence.object_of[last]


def test_noise_reaches_as_far_as_refinement_starts_and_without_a_draft_to_its_end() -> None:
    near, far = sampler(noise_share=0.1), sampler(RefinerAugmentationOptions(), no_draft_share=1.0)
    assert torch.cat([near.batch(n).steps for n in range(12)]).max() < 100
    batches = [far.batch(n) for n in range(12)]
    assert torch.cat([batch.steps for batch in batches]).max() > 500
    assert not batches[0].inputs.has_draft.any()
    assert not batches[0].inputs.draft.any()


def test_it_learns_by_heart() -> None:
    """Within seconds the loss of a few circles falls by half; a fresh network explains nothing."""
    beatmap = beatmap_of(*(Circle(250.0 * n, 40.0 + (n * 53) % 400, 40.0 + (n * 31) % 300) for n in range(40)))
    settings = RefinerTrainOptions(batch=RefinerBatchOptions(rows=8, points=40), no_draft_share=0.0)
    parts = PartSampler([refiner_chart(beatmap, SPEC)], SPEC, settings, None, seed=1)
    task = RefinerTask(settings, parts, parts)
    torch.manual_seed(0)
    model = GridRefiner(mini_config(SPEC, **SMALL), Spread())
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    losses = []
    for step in range(80):
        loss, _ = task.loss(model, parts.batch(step), step)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert 0.7 < losses[0] < 1.4
    assert np.mean(losses[-10:]) < 0.5 * losses[0]


def test_a_run_from_the_config_to_a_refiner(tmp_path: Path) -> None:
    for number in range(2):
        write(tmp_path / "maps" / str(number) / "a.osu", titled(f"Song {number}", shift=number * 100.0))
    config = compose_config("train_diffusion")
    config |= {"train_dataset_path": str(tmp_path / "maps"), "run_path": str(tmp_path / "run"), "sizes": SMALL}
    config["loop"] |= {"total_steps": 2, "precision": "fp32"}
    config["batch"] = {"rows": 2, "points": 32}
    folder = train_refiner(build_options(RefinerTrainOptions, config))
    assert load_refiner(folder).model.dit.config.width == 32
    assert load_refiner(folder).noise_share == 0.1


def test_the_config_shows_the_defaults() -> None:
    config = compose_config("train_diffusion")
    shown, own = build_options(RefinerTrainOptions, config), RefinerTrainOptions()
    assert replace(shown, loop=own.loop) == own
    assert shown.loop.optimizer == own.loop.optimizer


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"split": "some"}, "split must be one of train, held_out, all, got some"),
        ({"sizes": {"witdh": 3}}, "There is no size witdh of the network"),
        ({}, "There is no standard or catch chart to train on"),
    ],
)
def test_wrong_options(tmp_path: Path, options: dict, sentence: str) -> None:
    with pytest.raises(OptionError, match=sentence):
        train_refiner(RefinerTrainOptions(train_dataset_path=str(tmp_path), **options))
