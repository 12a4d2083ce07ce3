"""Training a model of rhythm: batches, and a run from the shipped config to a model that can be loaded."""

import json
from pathlib import Path

import numpy as np
import pytest

from model_files.errors import ModelError
from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.files.writer import save_beatmap
from osu_beatmap.held_out import Split, title_hash
from pipeline.cli.command_line import compose_config
from rcomplexion.contract import CONTRACT_FILE, load_model
from rcomplexion.dataset import IGNORED, batch_of, load_rhythms
from rcomplexion.options import RhythmTrainOptions
from rcomplexion.rhythm import INTERVALS, rhythm_of
from rcomplexion.training import train_rhythm
from tests.support.known_rhythms import map_of
from training.options import OptionError, build_options


def _write(path: Path, beatmap: Beatmap, title: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beatmap.metadata.title = title
    save_beatmap(beatmap, path)


@pytest.fixture
def charts(tmp_path: Path) -> Path:
    folder = tmp_path / "charts"
    _write(folder / "a" / "1.osu", map_of([1 / 2, 1 / 4, 1 / 4]), "First")
    _write(folder / "a" / "same.osu", map_of([1 / 2, 1 / 4, 1 / 4]), "First")
    _write(folder / "b" / "2.osu", map_of([1 / 3], mode=GameMode.TAIKO), "Second")
    (folder / "b" / "broken.osu").write_text("nothing", encoding="utf-8")
    return folder


def test_each_rhythm_once_and_songs_in_one_split_only(charts: Path) -> None:
    held_out = frozenset({title_hash("Second")})
    train = load_rhythms(charts, Split.TRAIN, held_out)
    other = load_rhythms(charts, Split.HELD_OUT, held_out)
    assert (train.modes, other.modes) == ([GameMode.STANDARD], [GameMode.TAIKO])
    assert len(train.skipped) == 1
    assert "broken.osu" in train.skipped[0]


def test_rows_know_what_was_before_and_are_padded() -> None:
    long, short = rhythm_of(map_of([1.0])), rhythm_of(map_of([1 / 2]))
    batch = batch_of([(long, slice(0, 5)), (short, slice(2, 5))], [1.0, 2.0])
    assert batch.targets[1, 3:].tolist() == [IGNORED, IGNORED]
    assert batch.inputs.previous[0].tolist() == [len(INTERVALS), *long.classes[:4].tolist()]
    assert batch.inputs.previous[1, 0] == len(INTERVALS)
    assert batch.inputs.lengths_ms[0].tolist() == pytest.approx([0.0, *long.lengths_ms[:4]])
    assert batch.inputs.lengths_ms[1, 1].item() == pytest.approx(short.lengths_ms[2] / 2.0)
    assert batch.inputs.beat_ms[1, 0].item() == pytest.approx(short.beat_ms[2] / 2.0)


def test_a_run_from_the_config_to_a_model(charts: Path, tmp_path: Path) -> None:
    config = compose_config("train_rcomplexion")
    config |= {"train_dataset_path": str(charts), "run_path": str(tmp_path / "run"), "sizes": {"width": 16}}
    config |= {"rows": 4, "intervals": 32}
    config["loop"] |= {"total_steps": 30, "warmup_steps": 2, "log_every": 10, "average_decay": 0.5}
    folder = train_rhythm(build_options(RhythmTrainOptions, config))
    model = load_model(folder)
    assert model.config.width == 16
    rows = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["loss"] for row in rows if "rate" in row][-1] < 0.7 * np.log(len(INTERVALS))
    (folder / CONTRACT_FILE).write_text('{"format": 1, "network": {}}', encoding="utf-8")
    with pytest.raises(ModelError, match="distinguishes other intervals"):
        load_model(folder)


def test_the_config_shows_the_defaults() -> None:
    config = compose_config("train_rcomplexion")
    del config["loop"]
    assert build_options(RhythmTrainOptions, config) == RhythmTrainOptions()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"split": "some"}, "split must be one of train, held_out, all, got some"),
        ({"sizes": {"witdh": 3}}, "a size of the network must be one of embedding, width, got witdh"),
        ({"train_dataset_path": "nowhere"}, "train_dataset_path must be a folder of charts, got nowhere"),
        ({}, "There is no chart to train on"),
    ],
)
def test_wrong_rhythm_options(tmp_path: Path, options: dict, sentence: str) -> None:
    with pytest.raises(OptionError, match=sentence):
        train_rhythm(RhythmTrainOptions(**{"train_dataset_path": str(tmp_path), **options}))
