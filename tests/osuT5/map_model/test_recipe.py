"""From a folder of mapsets to a model folder: resumption, parts, adapters, and maps of the result."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from model_files.errors import ModelError
from osu_beatmap.beatmap import GameMode
from osu_beatmap.held_out import title_hash
from osuT5.map_model import part_run
from osuT5.map_model.folder import is_map_model, load_map_model
from osuT5.map_model.options import MapDataOptions, MapTrainOptions, PartOptions
from osuT5.map_model.part_run import PlacedTask
from osuT5.map_model.recipe import adapter_options, is_for_map_model, train_map_model
from osuT5.rhythm import corpus as rhythm_corpus
from osuT5.training.options import LoraOptions, TrainOptions
from pipeline.cli.command_line import run
from pipeline.generation.generate import generate
from pipeline.request.resolve import resolve
from tests.osuT5.dataset.training_songs import small_beatmap, write_mapset
from tests.source_files import root_script
from tests.support.reference_songs import make_model
from tests.support.songs import write_song
from training.loop_options import LoggingOptions, LoopOptions
from training.options import OptionError

SIZES = {"width": 32, "heads": 2, "condition_width": 8, "window_beats": 16, "dropout": 0.1}
RHYTHM = PartOptions(SIZES | {"channels": 8, "tick_width": 4}, {"songs": 2, "charts": 2})
BEATS = PartOptions({"channels": 8, "width": 8, "dilations": [1, 2]}, {"songs": 2, "frames": 256})
BARS = PartOptions({"part_width": 4, "pitch_width": 4, "width": 16, "layers": 1, "window_beats": 16}, {"songs": 2})
OBJECTS = PartOptions(SIZES | {"column_width": 8, "object_layers": 2}, {"rows": 3})
OFF = LoggingOptions("disabled")
LOOP = LoopOptions(total_steps=4, warmup_steps=1, log_every=1, evaluate_every=2, checkpoint_every=1, average_decay=0.5)


@pytest.fixture(scope="module", autouse=True)
def held_out() -> Iterator[None]:
    """One of the songs of `corpus` is held out."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rhythm_corpus, "held_out_titles", lambda: frozenset({title_hash("Other")}))
        yield


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two mapsets."""
    folder = tmp_path_factory.mktemp("corpus")
    write_mapset(folder / "a", small_beatmap("Song"), small_beatmap("Song", GameMode.TAIKO, 250.0))
    write_mapset(folder / "b", small_beatmap("Other", GameMode.MANIA), seed=1)
    return folder


def options(corpus: Path, run_path: Path, **changes: Any) -> MapTrainOptions:
    return MapTrainOptions(
        run_path=str(run_path),
        data=MapDataOptions(str(corpus), str(corpus.with_name("cache"))),
        **{
            "beats": BEATS,
            "bars": BARS,
            "rhythm": RHYTHM,
            "objects": OBJECTS,
            "loop": LOOP,
            "logging": LoggingOptions("disabled"),
        }
        | changes,
    )


@pytest.fixture(scope="module")
def model(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of a few steps."""
    folder = train_map_model(options(corpus, tmp_path_factory.mktemp("run")))
    assert folder is not None
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_weights_with_the_lowest_held_out_loss_are_taken(model: Path) -> None:
    for part in ("rhythm", "objects"):
        best = model.parent / part / "best_model" / "model.safetensors"
        assert best.read_bytes() == (model / part / "model.safetensors").read_bytes()


def test_a_finished_folder_has_all_parts_and_no_card(model: Path) -> None:
    assert is_map_model(model)
    assert load_map_model(model).objects.config.sound_width == 32
    assert {path.name for path in model.iterdir()} == {"beats", "bars", "rhythm", "objects"}
    assert not list(model.rglob("README.md"))


@pytest.mark.parametrize("part", ["rhythm", "objects"])
def test_a_killed_run_gives_the_same_model(corpus: Path, model: Path, tmp_path: Path, monkeypatch, part: str) -> None:
    take_batch = PlacedTask.batch

    def die(self: PlacedTask, step: int) -> object:
        if step == 3 and type(self.task).__name__.lower().startswith(part[:6]):
            raise KeyboardInterrupt
        return take_batch(self, step)

    monkeypatch.setattr(PlacedTask, "batch", die)
    with pytest.raises(KeyboardInterrupt):
        train_map_model(options(corpus, tmp_path))
    monkeypatch.undo()
    assert not (tmp_path / "model").exists()
    folder = train_map_model(options(corpus, tmp_path))
    assert folder is not None
    assert files(folder) == files(model)


def test_a_run_whose_time_is_up_is_resumed(corpus: Path, model: Path, tmp_path: Path) -> None:
    hurried = options(corpus, tmp_path, loop=replace(LOOP, max_minutes=1e-9))
    assert train_map_model(hurried) is None
    assert not (tmp_path / "objects").exists()
    folder = train_map_model(options(corpus, tmp_path))
    assert folder is not None
    assert files(folder) == files(model)


def test_objects_are_not_resumed_with_another_rhythm_model(corpus: Path, model: Path, tmp_path: Path) -> None:
    shutil.copytree(model.parent, tmp_path / "run")
    longer = replace(RHYTHM, loop={"total_steps": 6})
    with pytest.raises(OptionError, match="belongs to another rhythm model"):
        train_map_model(options(corpus, tmp_path / "run", rhythm=longer))


def test_objects_keep_the_sound_of_the_rhythm_model_before(corpus: Path, model: Path, tmp_path: Path) -> None:
    longer = options(corpus, tmp_path / "first", parts=("rhythm",), pretrained_path=str(model))
    folder = train_map_model(longer)
    assert folder is not None
    before, after = files(model), files(folder)
    assert before["rhythm/model.safetensors"] != after["rhythm/model.safetensors"]
    assert before["rhythm/model.safetensors"] == after["objects/sound/model.safetensors"]
    loaded = load_map_model(folder)
    assert loaded.sound is not loaded.rhythm
    again = train_map_model(options(corpus, tmp_path / "second", parts=("objects",), pretrained_path=str(folder)))
    assert again is not None
    assert files(again)["objects/sound/model.safetensors"] == before["rhythm/model.safetensors"]
    assert load_map_model(again).objects.config.sound_width == 32


def test_one_part_is_trained_further(corpus: Path, model: Path, tmp_path: Path) -> None:
    folder = train_map_model(options(corpus, tmp_path, parts=("objects",), pretrained_path=str(model)))
    assert folder is not None
    before, after = files(model), files(folder)
    assert before["rhythm/model.safetensors"] == after["rhythm/model.safetensors"]
    assert before["objects/model.safetensors"] != after["objects/model.safetensors"]
    assert is_map_model(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"parts": ("objects",)}, "pretrained_path must be a model with the part rhythm, got none"),
        ({"parts": ("melody",)}, "parts must be one of beats, bars, rhythm, objects, got melody"),
        ({"lora": LoraOptions(enable_lora=True)}, "pretrained_path must be a model to adapt, got none"),
        ({"data": MapDataOptions("")}, "train_dataset_path is missing"),
        ({"rhythm": PartOptions(loop={"steps": 3})}, r"There is no option rhythm\.loop\.steps"),
    ],
)
def test_options_that_do_not_fit(corpus: Path, tmp_path: Path, changes: dict, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        train_map_model(options(corpus, tmp_path, **changes) if "data" not in changes else MapTrainOptions(**changes))


def test_a_folder_without_maps_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="has no song to train on"):
        train_map_model(options(tmp_path, tmp_path / "run"))


def test_maps_are_chosen_by_mode(corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    mania = replace(options(corpus, tmp_path), data=MapDataOptions(str(corpus), split="all", gamemodes=(3,)))
    assert train_map_model(mania) is not None
    assert "rhythm: 1 songs" in capsys.readouterr().out


def test_bf16_and_several_batches_a_step(corpus: Path, tmp_path: Path) -> None:
    loop = replace(LOOP, precision="bf16", accumulation_steps=2, total_steps=2)
    folder = train_map_model(options(corpus, tmp_path, loop=loop))
    assert folder is not None
    log = [json.loads(line) for line in (tmp_path / "objects" / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    assert all(line["loss"] > 0 for line in log if "loss" in line)


def test_a_run_waits_while_its_pause_file_exists(tmp_path: Path, monkeypatch) -> None:
    pause = tmp_path / "pause"
    pause.touch()
    waits = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        pause.unlink()

    class NoTask:
        def batch(self, step: int) -> part_run.PartOptions:
            return PartOptions()

    monkeypatch.setattr(part_run.time, "sleep", sleep)
    PlacedTask(NoTask(), lambda weights, folder: None, torch.device("cpu"), str(pause)).batch(0)
    assert len(waits) == 1


def lora_options(corpus: Path, model: Path, run_path: Path) -> TrainOptions:
    """Options of `-cn lora` for the model."""
    wanted = TrainOptions(run_path=str(run_path), pretrained_path=str(model))
    wanted.data.train_dataset_path, wanted.data.cache_path = str(corpus), str(corpus.with_name("cache"))
    wanted.loop, wanted.logging = replace(LOOP, learning_rate=0.05), LoggingOptions("disabled")
    wanted.lora = LoraOptions(enable_lora=True, r=2, lora_alpha=8)
    return wanted


@pytest.fixture(scope="module")
def adapter(corpus: Path, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    wanted = lora_options(corpus, model, tmp_path_factory.mktemp("lora"))
    assert is_for_map_model(wanted)
    folder = train_map_model(adapter_options(wanted))
    assert folder is not None
    return folder


def test_an_adapter_is_small_and_leaves_the_sound_as_it_is(model: Path, adapter: Path) -> None:
    plain, adapted = load_map_model(model), load_map_model(model, adapter)
    changed = [
        name
        for part in ("rhythm", "objects")
        for name, weight in getattr(plain, part).state_dict().items()
        if not torch.equal(weight, getattr(adapted, part).state_dict()[name])
    ]
    assert any(name.startswith("object_layers.") for name in changed)
    assert any(name.startswith("chart.layers.") for name in changed)
    assert all(name.startswith(("chart.layers.", "object_layers.", "beat_layers.")) for name in changed)
    assert sum(map(len, files(adapter).values())) < sum(map(len, files(model).values())) / 4


def test_an_adapter_is_for_one_model(corpus: Path, adapter: Path, tmp_path: Path) -> None:
    song = write_song(tmp_path / "song.ogg", 12.0)
    with pytest.raises(ModelError, match="was trained on another rhythm model"):
        generate(_request(song, tmp_path, lora_path=str(adapter)))
    make_model(tmp_path / "old")
    with pytest.raises(ModelError, match="adapts rhythm/ and objects/"):
        generate(_request(song, tmp_path, model_path=str(tmp_path / "old"), lora_path=str(adapter)))
    (tmp_path / "tokens").mkdir()
    (tmp_path / "tokens" / "adapter_config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match="adapts a model of event tokens, and mini generates maps on the beat clock"):
        generate(_request(song, tmp_path, lora_path=str(tmp_path / "tokens")))


def test_a_map_of_a_trained_model_with_its_adapter(
    model: Path, adapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.generation.timing.BEAT_CONFIDENCE", 0.0)  # four steps teach no beats
    song = write_song(tmp_path / "song.ogg", 12.0)
    made = generate(_request(song, tmp_path, model_path=str(model), lora_path=str(adapter)))
    assert made.beatmap.hit_objects


def _request(song: Path, output: Path, **options: Any):
    flat = {"audio_path": str(song), "output_path": str(output), "difficulty": 3, "seed": 7, "device": "cpu"}
    return resolve({**flat, "difficulty_attempts": 1, "export_osz": False, **options})


def test_the_command_line(corpus: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    script = root_script("train")
    words = [f"train_dataset_path={corpus}", f"cache_path={corpus.with_name('cache')}", f"run_path={tmp_path}"]
    words += [f"pretrained_path={model}", "parts=[rhythm]", "rhythm.sampling.songs=1", "rhythm.loop.total_steps=1"]
    assert run(script.TRAIN, [*words, "mode=disabled", "sustain_steps=0", "threads=1"]) == 0
    shown = capsys.readouterr().out
    assert f"Model: {tmp_path / 'model'}" in shown
    assert run(script.TRAIN, [*words, "rhythm.sampling.song=1"]) == 2
    assert "There is no option rhythm.sampling.song" in capsys.readouterr().err
