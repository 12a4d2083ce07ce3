"""The command line of inference.py: exit statuses, one sentence for wrong input, and nothing left behind."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
import yaml

from osu_beatmap.beatmap import Beatmap, Circle, Metadata, Slider
from osuT5.audio.decode import AudioError
from pipeline.cli.command_line import run
from pipeline.cli.progress_bar import ProgressLine
from pipeline.generation.model_cache import release_models
from pipeline.request.options import GenerationRequest
from tests.source_files import root_script


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """inference.py as a module, without running it."""
    return root_script("inference")


class FakeGenerate:
    """In place of generation: keeps the request, returns a small map or raises."""

    def __init__(self) -> None:
        self.request: GenerationRequest | None = None
        self.error: BaseException | None = None

    def __call__(self, request: GenerationRequest, progress: object) -> SimpleNamespace:
        self.request = request
        if self.error is not None:
            raise self.error
        objects = [Circle(0, 0, 0), Circle(500, 0, 0), Slider(1000, 0, 0)]
        return SimpleNamespace(
            beatmap=Beatmap(metadata=Metadata(version="Hard"), hit_objects=objects),
            osz_path=Path("output/音楽.osz"),
            osu_path=None,
            star_rating=3.456,
            seconds=1.25,
            seed=7,
            warnings=["The song is short."],
            report_path=None,
        )


@pytest.fixture
def generate(monkeypatch: pytest.MonkeyPatch) -> FakeGenerate:
    fake = FakeGenerate()
    monkeypatch.setitem(sys.modules, "pipeline.generation.generate", SimpleNamespace(generate=fake))
    monkeypatch.setitem(sys.modules, "pipeline.generation.mapset", SimpleNamespace(generate_mapset=fake))
    monkeypatch.setattr("pipeline.request.contents.check_contents", lambda request: None)  # songs are empty files
    return fake


@pytest.fixture
def song(tmp_path: Path) -> Path:
    """A file with a name that Hydra's own grammar would refuse."""
    path = tmp_path / "A = B [x] (TV Size), it's.mp3"
    path.touch()
    return path


def test_a_map_is_announced(
    script: ModuleType, generate: FakeGenerate, song: Path, capsys: pytest.CaptureFixture, tmp_path: Path
) -> None:
    words = [f"audio_path={song}", "difficulty=3.5", f"output_path={tmp_path / 'out'}", "descriptors=[jump aim,tech]"]
    assert run(script.INFERENCE, words) == 0
    assert generate.request is not None
    assert generate.request.song.audio_path == song
    assert generate.request.map.descriptors == ("jump aim", "tech")
    assert capsys.readouterr().out.splitlines() == [
        f"Map:     {Path('output/音楽.osz')}",
        "         osu!standard [Hard], 3.46 stars (requested 3.5)",
        "Objects: 3 (2 circles, 1 slider, 0 spinners)",
        "Time:    1.2 s, seed 7",
        "Note:    The song is short.",
    ]


def test_what_goes_wrong_inside(
    script: ModuleType, generate: FakeGenerate, song: Path, capsys: pytest.CaptureFixture
) -> None:
    words = [f"audio_path={song}"]
    for error, status, sentence in (
        (AudioError("song.mp3 has no audio in it."), 2, "inference.py: song.mp3 has no audio in it.\n"),
        (OSError(28, "No space left on device", "out.osz"), 1, "inference.py: out.osz: No space left on device\n"),
        (KeyboardInterrupt(), 130, "Stopped.\n"),
    ):
        generate.error = error
        assert run(script.INFERENCE, words) == status
        assert capsys.readouterr().err == sentence
    generate.error = ValueError("a bug of ours")
    assert run(script.INFERENCE, words) == 1
    shown = capsys.readouterr().err
    assert shown.startswith("Traceback")
    assert shown.endswith("ValueError: a bug of ours\n")


def test_many_songs_of_which_one_fails(
    script: ModuleType, generate: FakeGenerate, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    for name in ("a, b.mp3", "c.mp3", "d.mp3"):
        (tmp_path / name).touch()
    seen: list[GenerationRequest] = []

    def fail_once(request: GenerationRequest, progress: object) -> SimpleNamespace:
        seen.append(request)
        generate.error = AudioError("c.mp3 has no audio in it.") if request.song.audio_path.stem == "c" else None
        return generate(request, progress)

    sys.modules["pipeline.generation.generate"].generate = fail_once
    songs = f'"{tmp_path / "a, b.mp3"}",{tmp_path / "c.mp3"},{tmp_path / "missing.mp3"},{tmp_path / "d.mp3"}'
    words = ["-m", f"audio_path={songs}", "descriptors=[clean,jumps]", f"output_path={tmp_path / 'out'}"]
    try:
        assert run(script.INFERENCE, words) == 2
    finally:
        release_models()
    shown = capsys.readouterr()
    assert [request.song.audio_path.name for request in seen] == ["a, b.mp3", "c.mp3", "d.mp3"]
    assert {request.map.descriptors for request in seen} == {("clean", "jumps")}
    assert shown.out.count("Map:     ") == 2
    assert "inference.py: c.mp3 has no audio in it." in shown.err
    assert "missing.mp3 (audio_path)" in shown.err
    assert "2 of 4 runs failed:" in shown.err
    assert "Traceback" not in shown.err


@pytest.fixture
def logging_as_before() -> Iterator[None]:
    """Hydra's `--info` and `hydra.verbose` configure logging of the whole process."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.usefixtures("logging_as_before")
def test_what_hydras_manual_describes(
    script: ModuleType, generate: FakeGenerate, song: Path, tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = set(tmp_path.iterdir())
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "own.yaml").write_text("defaults: [inference, _self_]\n\ncreator: me\n", encoding="utf-8")
    words = [f"audio_path={song}", "++seed=3", "~match_difficulty", "~difficulty"]
    assert run(script.INFERENCE, ["--config-dir", "conf", "-cn", "own", *words]) == 0
    assert run(script.INFERENCE, ["-cn", "conf/own.yaml", f"audio_path={song}", "+seed=3"]) == 0
    assert generate.request is not None
    assert (generate.request.sampling.seed, generate.request.map.creator) == (3, "me")
    capsys.readouterr()
    assert run(script.INFERENCE, ["-cn", "inference_v29", "--cfg", "job", "seed=5"]) == 0
    shown = yaml.safe_load(capsys.readouterr().out)
    assert (shown["seed"], shown["model_path"]) == (5, "OliBomby/Mapperatorinator-v29.1")
    assert run(script.INFERENCE, ["--info", "defaults"]) == 0
    assert "inference_options" in capsys.readouterr().out
    assert run(script.INFERENCE, [*words, "hydra.verbose=true"]) == 0
    assert set(tmp_path.iterdir()) == before | {tmp_path / "conf"}


def test_tab_completion(script: ModuleType, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMP_LINE", "python inference.py difficulty_a")
    assert run(script.INFERENCE, ["-sc", "query=bash"]) == 0
    assert capsys.readouterr().out.split() == ["difficulty_attempts="]
    assert run(script.INFERENCE, ["-sc", "install=bash"]) == 0
    assert "hydra_bash_completion" in capsys.readouterr().out


def test_progress_is_for_terminals_only() -> None:
    stream = io.StringIO()
    ProgressLine(stream)("map", 1, 2)
    assert stream.getvalue() == ""
    stream.isatty = lambda: True  # type: ignore[method-assign]
    line = ProgressLine(stream)
    line("map", 1, 2)
    line.close()
    assert "map: 1 of 2" in stream.getvalue()
