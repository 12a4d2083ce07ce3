"""From a training run to a map, with a tiny model: every stage of the program in a row."""

import json
import shutil
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import soundfile
import torch

from osu_beatmap.attributes import is_hitsounded
from osu_beatmap.beatmap import GameMode, HitSound
from osu_beatmap.files.reader import parse_beatmap, read_beatmap
from osu_beatmap.rules import Severity, check
from osuT5.dataset.options import BatchOptions, DataOptions
from osuT5.model.files.loading import ModelError, load_model
from osuT5.training.options import LoraOptions, LossOptions, SampleOptions, TrainOptions
from osuT5.training.run import train
from osuT5.training.start import starting_point
from pipeline.cli.command_line import run
from pipeline.cli.progress_bar import summary
from pipeline.cli.training_samples import sample_drawer
from pipeline.generation import chart
from pipeline.generation.chart import requested_sampling
from pipeline.generation.generate import generate
from pipeline.generation.model_cache import release_models
from pipeline.request.resolve import resolve
from tests.source_files import root_script
from tests.support.reference_songs import SIZES
from tests.support.songs import write_regular_mapset, write_song
from training.loop import LoopOptions
from training.loop_options import LoggingOptions
from training.weights import trained_parameters

SECONDS, SHORT_SECONDS = 33.0, 12.0
"""The short song is too short for a map that can be ranked, and otherwise as good."""


@pytest.fixture(scope="module")
def mapset(tmp_path_factory):
    """A folder of mapsets: one synthetic song with a chart of each mode on every beat."""
    folder = tmp_path_factory.mktemp("mapsets") / "1 Nobody - Clicks"
    folder.mkdir()
    return write_regular_mapset(folder, *GameMode, seconds=SECONDS, beats=78)


def train_options(mapset, run, cache_path="", **changes):
    return TrainOptions(
        run_path=str(run),
        data=DataOptions(train_dataset_path=str(mapset.parent), split="all", cache_path=cache_path),
        logging=LoggingOptions(mode="disabled"),
        loop=LoopOptions(total_steps=3, warmup_steps=1, log_every=1, evaluate_every=100, checkpoint_every=2),
        batch=BatchOptions(windows=2, charts_per_window=2, max_tokens=96),
        **changes,
    )


@pytest.fixture(scope="module")
def model_folder(mapset, tmp_path_factory):
    """A model trained for a few steps: it knows nothing, but it is a model."""
    run = tmp_path_factory.mktemp("run")
    return train(train_options(mapset, run, str(run / "cache"), sizes=SIZES, loss=LossOptions(frame_only_steps=1)))


def test_a_finished_model_can_be_trained_on(mapset, model_folder, tmp_path):
    further = train(train_options(mapset, tmp_path / "run", pretrained_path=str(model_folder)))
    rows = (tmp_path / "run" / "log.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 3
    assert sorted(path.name for path in further.iterdir()) == sorted(path.name for path in model_folder.iterdir())


def test_broken_files_are_counted_and_do_not_end_a_run(mapset, tmp_path, capsys):
    folder = tmp_path / "songs"
    shutil.copytree(mapset, folder / mapset.name)
    whole = (mapset / "TAIKO.osu").read_bytes()
    (folder / mapset.name / "half.osu").write_bytes(whole[: whole.index(b"[HitObjects]") + 16])
    (folder / mapset.name / "noise.osu").write_bytes(b"AudioFilename: audio.ogg\n\x00\xff" * 9)
    (folder / "2 Broken").mkdir()
    (folder / "2 Broken" / "audio.ogg").write_bytes(b"no song")
    shutil.copy(mapset / "TAIKO.osu", folder / "2 Broken")
    train(train_options(folder / mapset.name, tmp_path / "run", sizes=SIZES))
    rows = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["step"] for row in rows] == [1, 2, 3]
    assert rows[-1]["skipped_files"] == 3
    shown = capsys.readouterr().out
    assert all(f"skipped {name}" in shown for name in ("half.osu", "noise.osu", "audio.ogg"))


def test_a_run_shows_what_its_model_makes(mapset, tmp_path):
    samples = SampleOptions(str(mapset / "audio.ogg"), sample_gamemodes=(1,), sample_seconds=9.0)
    options = train_options(mapset, tmp_path / "run", sizes=SIZES, samples=samples, device="cpu")
    train(replace(options, loop=replace(options.loop, sample_every=2)), sample_drawer)
    made = {path.relative_to(tmp_path / "run" / "samples").parts[0] for path in (tmp_path / "run").rglob("samples/*")}
    assert made == {"0000002-taiko.png", "maps"}
    assert list((tmp_path / "run" / "samples" / "maps" / "taiko").glob("*.osz"))


@pytest.fixture(scope="module")
def song(tmp_path_factory):
    return write_song(tmp_path_factory.mktemp("song") / "short.ogg", SHORT_SECONDS)


@pytest.fixture(autouse=True)
def random_times(monkeypatch):
    """A model that knows nothing holds no time for likely; drawn like all tokens, there are some."""
    free = {"kind_temperatures": {}}
    monkeypatch.setattr(chart, "requested_sampling", lambda *given: replace(requested_sampling(*given), **free))


def request(song, model_folder, output, **options):
    flat = {"audio_path": str(song), "output_path": str(output), "model_path": str(model_folder), "device": "cpu"}
    wild = {"temperature": 1.3, "top_p": 1.0, "lookback": 0.2, "lookahead": 0.2, "difficulty": 3, "seed": 7}
    return resolve({**flat, **wild, "difficulty_attempts": 1, **options})


@pytest.mark.parametrize("mode", list(GameMode))
def test_a_song_becomes_a_map_without_problems(mapset, model_folder, tmp_path, mode):
    result = generate(request(mapset / "audio.ogg", model_folder, tmp_path, gamemode=int(mode)))
    assert result.osz_path.is_file()
    with zipfile.ZipFile(result.osz_path) as archive:
        names = archive.namelist()
        (osu_name,) = [name for name in names if name.endswith(".osu")]
        in_archive = parse_beatmap(archive.read(osu_name).decode("utf-8"))
    assert in_archive.audio_filename in names
    on_disk = read_beatmap(result.osu_path)
    assert on_disk.mode is mode
    assert on_disk.hit_objects
    assert len(on_disk.hit_objects) == len(in_archive.hit_objects)
    problems = [f for f in check(on_disk, SECONDS * 1000) if f.severity is Severity.PROBLEM]
    assert not problems


def test_a_report_lies_beside_the_map(song, model_folder, tmp_path):
    result = generate(request(song, model_folder, tmp_path, gamemode=3, keycount=4, report=True, difficulty_attempts=2))
    report = json.loads(result.report_path.read_text(encoding="utf-8"))
    assert report["written"]["tokens"] > 0
    assert report["objects"]["notes"] + report["objects"]["hold notes"] == len(result.beatmap.hit_objects)
    assert report["star_rating"]["reached"] == result.star_rating
    assert result.report_path.with_suffix(".png").is_file()
    assert str(result.report_path) in summary(result, request(song, model_folder, tmp_path))


@pytest.mark.parametrize("options", [{}, {"super_timing": True, "timer_iterations": 2}], ids=str)
def test_the_same_seed_gives_the_same_bytes(song, model_folder, tmp_path, options):
    one, two = (generate(request(song, model_folder, tmp_path / name, gamemode=1, **options)) for name in "ab")
    assert one.beatmap.hit_objects
    assert one.osz_path.read_bytes() == two.osz_path.read_bytes()
    other = generate(request(song, model_folder, tmp_path / "c", gamemode=1, **options, seed=8))
    assert other.osu_path.read_bytes() != one.osu_path.read_bytes()


def test_the_plain_way_makes_the_same_map(song, model_folder, tmp_path):
    fast, plain = (
        generate(request(song, model_folder, tmp_path / f"{way}", gamemode=3, reference=way)) for way in (False, True)
    )
    assert fast.osu_path.read_bytes() == plain.osu_path.read_bytes()


@pytest.mark.parametrize("precision", ["bf16", "fp16", "int8"])
def test_lower_precision_makes_a_map_too(song, model_folder, tmp_path, precision):
    result = generate(request(song, model_folder, tmp_path, gamemode=1, precision=precision, seed=12))
    assert result.beatmap.hit_objects


def no_sound(seconds):
    return np.zeros(int(seconds * 16_000))


def noise(seconds):
    return np.random.default_rng(0).normal(0, 0.1, int(seconds * 16_000))


@pytest.mark.parametrize("super_timing", [False, True])
@pytest.mark.parametrize("sound", [None, no_sound, noise])
def test_timing_alone(song, model_folder, tmp_path, sound, super_timing):
    if sound is not None:
        song = tmp_path / "nothing.wav"
        soundfile.write(song, sound(12.0), 16_000)
    options = {"output_type": ["TIMING"], "super_timing": super_timing, "timer_iterations": 2, "gamemode": 3}
    result = generate(request(song, model_folder, tmp_path / "out", **options))
    beatmap = read_beatmap(result.osu_path)
    assert beatmap.hit_objects == []
    assert beatmap.timing_points
    assert all(point.uninherited and point.time_ms >= 0 for point in beatmap.timing_points)
    assert beatmap.metadata.version == "Timing"
    assert result.osz_path.is_file()
    assert "red line" in summary(result, request(song, model_folder, tmp_path, **options))


def test_timing_comes_from_the_root_model(song, model_folder, tmp_path, monkeypatch):
    """A mode may have a model of its own, in a folder beside the root model's files; adapters are for the map."""
    model = tmp_path / "model"
    shutil.copytree(model_folder, model)
    shutil.copytree(model_folder, model / "gamemode=1")
    loaded = []

    def load(folder, device, precision, *, lora):
        loaded.append((folder, lora))
        return load_model(folder, device, precision)

    monkeypatch.setattr("osuT5.model.files.loading.load_model", load)
    wanted = {"gamemode": 1, "lora_path": "someone/adapter"}
    result = generate(request(song, model, tmp_path / "own", **wanted))
    assert loaded == [(model / "gamemode=1", "someone/adapter"), (model, None)]
    assert result.beatmap.hit_objects
    loaded.clear()
    generate(request(song, model, tmp_path / "root", **wanted | {"gamemode": 3}))
    assert loaded == [(model, "someone/adapter")]


def test_an_adapter_is_in_the_map(song, model_folder, tmp_path):
    start = starting_point(
        TrainOptions(pretrained_path=str(model_folder), lora=LoraOptions(enable_lora=True, r=2, lora_alpha=64))
    )
    torch.manual_seed(0)
    weights = {name: p.detach() + torch.randn_like(p) for name, p in trained_parameters(start.model).items()}
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    start.export(weights, adapter)
    plain = generate(request(song, model_folder, tmp_path / "plain", gamemode=1))
    adapted = generate(request(song, model_folder, tmp_path / "adapted", gamemode=1, lora_path=str(adapter)))
    assert adapted.beatmap.hit_objects != plain.beatmap.hit_objects
    with pytest.raises(ModelError, match="adapter"):
        generate(request(song, None, tmp_path / "mini", gamemode=1, model_path=None, lora_path=str(adapter)))
    assert not (tmp_path / "mini").exists()


def test_many_songs_load_one_model(song, model_folder, tmp_path, monkeypatch):
    loaded = []

    def load(*arguments, **named):
        loaded.append(arguments)
        return load_model(*arguments, **named)

    monkeypatch.setattr("osuT5.model.files.loading.load_model", load)
    words = ["-m", f"audio_path={song}", "seed=1", "gamemode=1,3", f"model_path={model_folder}", "device=cpu"]
    words += ["temperature=1.3", "top_p=1.0", "lookback=0.2", "lookahead=0.2", f"output_path={tmp_path}"]
    try:
        assert run(root_script("inference").INFERENCE, words) == 0
    finally:
        release_models()
    assert len(loaded) == 1
    assert len(list(tmp_path.glob("*.osu"))) == 2


def test_guidance_makes_another_map_and_scale_1_does_not(song, model_folder, tmp_path):
    plain, one, ten = (
        generate(request(song, model_folder, tmp_path / name, gamemode=3, hold_note_ratio=0.5, **options))
        for name, options in (("plain", {}), ("one", {"cfg_scale": 1}), ("ten", {"cfg_scale": 10}))
    )
    assert one.osu_path.read_bytes() == plain.osu_path.read_bytes()
    assert ten.osu_path.read_bytes() != plain.osu_path.read_bytes()


def test_what_a_model_ignores_is_said_and_hit_sounds_can_be_left_out(song, model_folder, tmp_path):
    options = {"gamemode": 3, "keycount": 7, "mapper_id": 17, "descriptors": ["clean"], "hitsounded": False}
    settings = {"hp_drain_rate": 4.3, "overall_difficulty": 6.1, "slider_multiplier": 1.73, "slider_tick_rate": 2.0}
    result = generate(request(song, model_folder, tmp_path, **options, **settings))
    written = read_beatmap(result.osu_path)
    assert {name: getattr(written.difficulty, name) for name in settings} == settings
    assert written.key_count == 7
    assert any("does not use mapper_id and descriptors" in warning for warning in result.warnings)
    assert not is_hitsounded(result.beatmap)
    assert all(not hit_object.hitsound & ~HitSound.NORMAL for hit_object in result.beatmap.hit_objects)
