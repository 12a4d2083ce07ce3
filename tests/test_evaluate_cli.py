"""evaluate.py from end to end: maps that are there, maps that it generates, and results side by side."""

import json
import math
import shutil

import pytest
import torch
from omegaconf import OmegaConf

from evaluation import evaluate
from evaluation.generate_maps import GeneratedMap, load_manifest
from evaluation.options import EvaluationRequest, resolve_evaluation
from evaluation.probes.timing_probes import with_times
from evaluation.score import run_in_processes
from osu_beatmap.beatmap import GameMode
from osu_beatmap.files.reader import read_beatmap
from osu_beatmap.files.writer import save_beatmap
from pipeline.cli.command_line import compose_config, run
from tests.source_files import root_script
from tests.support.review_maps import regular_map
from tests.support.songs import write_regular_mapset

EVALUATE = root_script("evaluate").EVALUATE


@pytest.fixture(scope="module")
def mapsets(tmp_path_factory):
    """A folder with a mapset: a song at 150 BPM with a chart of two modes on its beats."""
    folder = tmp_path_factory.mktemp("mapsets")
    (folder / "regular").mkdir()
    write_regular_mapset(folder / "regular", GameMode.STANDARD, GameMode.TAIKO)
    return folder


def evaluated(capsys, *words):
    status = run(EVALUATE, list(words))
    assert status == 0, capsys.readouterr().err
    return capsys.readouterr().out.split()


def mean(path, mode, metric):
    return json.loads(path.read_text(encoding="utf-8"))["figures"][mode][metric]["mean"]


def test_maps_that_are_there_and_results_side_by_side(mapsets, tmp_path, capsys):
    early, late = tmp_path / "same", tmp_path / "late"
    shutil.copytree(mapsets, early)
    late.mkdir()
    for path in (mapsets / "regular").glob("*.osu"):
        save_beatmap(with_times(read_beatmap(path), lambda time_ms: time_ms + 40.0), late / path.name)
    for folder in (early, late):
        output = tmp_path / f"{folder.name}_results"
        files = evaluated(capsys, f"generated_path={folder}", f"human_path={mapsets}", f"output_path={output}")
        assert [name.rsplit("/", 1)[-1].rsplit("\\", 1)[-1] for name in files] == [
            "results.json",
            "results.md",
            "report.html",
        ]
    one, other = (tmp_path / f"{name}_results" / "results.json" for name in ("same", "late"))
    assert mean(one, "taiko", "f1_5ms") == 1.0
    assert (mean(other, "taiko", "f1_30ms"), mean(other, "taiko", "f1_50ms")) == (0.0, 1.0)
    assert mean(other, "standard", "offset_error_ms") == pytest.approx(40.0)
    files = evaluated(capsys, f"compare=[{one},{other}]", f"output_path={tmp_path}")
    assert (tmp_path / "comparison.html").read_text(encoding="utf-8").count("<circle") > 20
    row = next(line for line in (tmp_path / "comparison.md").read_text("utf-8").splitlines() if "| f1_20ms" in line)
    assert row.startswith("| f1_20ms | 1.00 | 0 |")


def test_maps_are_generated_for_a_dataset_and_compared_with_its_charts(mapsets, tmp_path, capsys):
    words = [f"dataset_path={mapsets}", "split=all", "gamemodes=[1]", f"output_path={tmp_path}", "name=mini"]
    evaluated(capsys, *words, "inference_options=[match_difficulty=false,device=cpu]")
    (made,) = load_manifest(tmp_path / "maps")
    assert read_beatmap(made.map_path).mode is GameMode.TAIKO
    assert (made.asked.mode, made.seconds > 0, made.error) == (GameMode.TAIKO, True, "")
    data = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert (data["name"], [row["human"] for row in data["maps"]]) == ("mini", ["TAIKO.osu"])
    assert 0.0 <= data["figures"]["taiko"]["f1_30ms"]["mean"] <= 1.0
    assert data["made_from"]["options"] == {"seed": "1", "match_difficulty": "false", "device": "cpu"}
    again = evaluated(capsys, f"generated_path={tmp_path / 'maps'}", f"output_path={tmp_path / 'again'}")
    assert json.loads((tmp_path / "again" / "results.json").read_text("utf-8"))["figures"] == data["figures"]
    assert len(again) == 3


def test_processes_take_their_share_and_the_first_goes_on(mapsets, tmp_path, monkeypatch):
    """What each of two processes makes, as if torchrun had started them."""
    kept, devices = {}, []

    class Ranks:
        def __init__(self, device):
            assert device in ("cpu", "cuda", "mps")

        rank, world_size, device = 0, 2, torch.device("cpu:0")
        is_main = property(lambda self: self.rank == 0)
        close = staticmethod(lambda: None)

    monkeypatch.setattr(evaluate, "Processes", Ranks)

    def make(job):
        devices.append(job.options["device"])
        return GeneratedMap(job.human_path, job.audio_path, None, error="not made")

    monkeypatch.setattr(evaluate, "make", make)
    request = resolve_evaluation({"dataset_path": mapsets, "split": "all", "output_path": tmp_path})
    Ranks.rank = 1
    monkeypatch.setattr(Ranks, "gather", staticmethod(lambda made: [kept.setdefault("second", made)]), raising=False)
    assert not evaluate.generate_for_dataset(request, tmp_path / "maps")
    assert not (tmp_path / "maps").exists()
    Ranks.rank = 0
    monkeypatch.setattr(Ranks, "gather", staticmethod(lambda made: [made, kept["second"]]))
    assert evaluate.generate_for_dataset(request, tmp_path / "maps")
    assert [made.human_path.name for made in load_manifest(tmp_path / "maps")] == ["STANDARD.osu", "TAIKO.osu"]
    assert devices == ["cpu", "cpu"]


def test_a_folder_of_human_charts_becomes_a_table(mapsets, tmp_path, capsys):
    assert run(EVALUATE, [f"reference_path={mapsets}", f"output_path={tmp_path}"]) == 2
    assert "too few human-made maps" in capsys.readouterr().err
    for number in range(8):
        beatmap = regular_map(GameMode.TAIKO, beats=80 + number)
        beatmap.metadata.title = f"Song {number}"
        save_beatmap(beatmap, tmp_path / f"{number}.osu")
    (path,) = evaluated(capsys, f"reference_path={tmp_path}", f"output_path={tmp_path / 'out'}")
    words = [f"generated_path={mapsets}", f"reference_path={path}", f"output_path={tmp_path / 'out'}"]
    evaluated(capsys, *words)
    data = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    assert data["made_from"]["human_charts"]["charts"] == 8
    assert data["figures"]["taiko"]["gap_distance"]["mean"] == pytest.approx(0.0, abs=1e-6)


def test_work_is_spread_over_processes_in_order():
    assert list(run_in_processes(math.sqrt, [1.0, 4.0, 9.0], 2, "Roots")) == [1.0, 2.0, 3.0]


def test_wrong_input_gets_one_sentence(mapsets, tmp_path, capsys):
    config = {**compose_config("evaluate"), "output_path": str(tmp_path / "out")}
    maps = {"generated_path": mapsets}
    (tmp_path / "x.json").write_text("{}", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    for options, sentence in (
        ({}, "Nothing to evaluate"),
        ({"generated_path": "nowhere"}, "generated_path must be a folder, and there is none at nowhere"),
        ({**maps, "dataset_path": mapsets}, "exclude each other"),
        ({"dataset_path": mapsets, "human_path": mapsets}, "human_path needs generated_path"),
        ({**maps, "reference_path": "nowhere"}, "There is no file or folder at nowhere (reference_path)"),
        ({**maps, "reference_path": tmp_path / "x.json"}, "is not a table of human-made maps"),
        ({"compare": [tmp_path / "x.json"]}, "is not a results.json of evaluate.py"),
        ({"compare": ["nowhere.json"]}, "There is no file at nowhere.json (compare)"),
        ({"generated_path": tmp_path / "empty"}, "There is no map to measure"),
        ({"dataset_path": mapsets, "split": "held_out"}, "has charts of the requested split and modes"),
        ({"dataset_path": mapsets, "split": "test"}, "split must be one of train, held_out, all"),
        ({"dataset_path": mapsets, "inference_options": ["cfg_scal=2"]}, "did you mean cfg_scale?"),
        ({"dataset_path": mapsets, "inference_options": ["gamemode=2"]}, "follows from the charts"),
        ({"dataset_path": mapsets, "inference_options": ["top_p=7"]}, "top_p must be within 0..1"),
        ({**maps, "classifier_path": "nowhere"}, "classifier"),
    ):
        outcome = EVALUATE.outcome(OmegaConf.create({**config, **options}))
        assert outcome.status == 2, options
        assert sentence in outcome.error
        assert outcome.error.count("\n") == 1
    assert run(EVALUATE, [f"generated_path={mapsets}", "modes=[1]"]) == 2
    assert "There is no option modes; did you mean gamemodes?" in capsys.readouterr().err


def test_the_yaml_shows_the_defaults():
    shown = compose_config("evaluate")
    assert resolve_evaluation({**shown, "generated_path": "maps"}) == resolve_evaluation({"generated_path": "maps"})
    assert resolve_evaluation({"compare": "[a.json]"}) == EvaluationRequest(compare=("a.json",))
