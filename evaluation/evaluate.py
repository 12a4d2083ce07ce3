"""Entry points of evaluation: existing maps, generated maps, compared results."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from evaluation.bands import Bands, load_bands
from evaluation.generate_maps import MAPS_FOLDER, jobs_of, make, save_manifest
from evaluation.measures.features import feature_reader
from evaluation.options import EvaluationRequest
from evaluation.pair_charts import pairings
from evaluation.reference import REFERENCE_SPLIT, bands_of, load_bundled_bands, measure_song, songs_with_charts
from evaluation.report.pages import page
from evaluation.report.results import Result, load_result
from evaluation.report.tables import results_markdown
from evaluation.score import result_of, run_in_processes
from osu_beatmap.files.writer import write_text
from osuT5.model.files.find import best_device
from pipeline.request.options import RequestError
from training.processes import Processes

RESULTS, TABLE, REPORT = "results.json", "results.md", "report.html"
COMPARISON = ("comparison.md", "comparison.html")
REFERENCE = "human_charts.json"


def evaluate(request: EvaluationRequest) -> list[Path]:
    """Run a request, and return the written files.

    Raises errors with a sentence for the user.
    """
    if request.compare:
        return compare(request)
    folder = request.generated_path
    if request.dataset_path is not None:
        folder = request.output_path / MAPS_FOLDER
        if not generate_for_dataset(request, folder):
            return []  # another process goes on
    request.output_path.mkdir(parents=True, exist_ok=True)
    written, bands = bands_for(request)
    if folder is None:
        return written
    skipped: list[str] = []
    pairs = list(pairings(folder, request.human_path, skipped))
    if not pairs:
        raise RequestError(f"There is no map to measure in {folder}" + (f": {skipped[0]}" if skipped else "") + ".")
    result = result_of(_name(request), pairs, bands, request.processes, feature_reader(request.classifier_path))
    result = _with_history(result, request, bands, skipped)
    result.save(request.output_path / RESULTS)
    return [*written, request.output_path / RESULTS, *_write_pages([result], request.output_path, (TABLE, REPORT))]


def compare(request: EvaluationRequest) -> list[Path]:
    """Write one page and one table of several results."""
    results = [load_result(Path(file)) for file in request.compare]
    request.output_path.mkdir(parents=True, exist_ok=True)
    return _write_pages(results, request.output_path, COMPARISON)


def generate_for_dataset(request: EvaluationRequest, folder: Path) -> bool:
    """Generate the maps of a dataset; return whether this process continues.

    Several processes share them evenly.
    """
    ranks = Processes(best_device(request.generation_options.get("device", "auto")))
    # Torch names processes on CPUs cpu:0, cpu:1, ..., which no option takes.
    own_device = "cpu" if ranks.device.type == "cpu" else str(ranks.device)
    jobs = jobs_of(request, own_device if ranks.world_size > 1 else None)
    if not jobs:
        raise RequestError(f"No song of {request.dataset_path} has charts of the requested split and modes.")
    own = jobs[ranks.rank :: ranks.world_size]
    made = list(run_in_processes(make, own, request.processes, "Generating"))
    everyone = [each for of_rank in ranks.gather(made) for each in of_rank]
    if ranks.is_main:
        save_manifest(sorted(everyone, key=lambda each: str(each.human_path)), folder)
    ranks.close()
    return ranks.is_main


def bands_for(request: EvaluationRequest) -> tuple[list[Path], Bands]:
    """Return the bands of human-made maps, and a newly made table."""
    source = request.reference_path
    if source is None:
        return [], load_bundled_bands()
    if source.is_file():
        return [], load_bands(source)
    songs = run_in_processes(measure_song, songs_with_charts(source), request.processes, "Human charts", "song")
    humans = [human for of_song in songs for human in of_song]
    made_from = {"charts": len(humans), "songs": len({human.song for human in humans}), "split": REFERENCE_SPLIT.value}
    bands = bands_of(humans, made_from)
    if not bands.bands:
        raise RequestError(f"{source} has too few human-made maps for a band of any mode and level.")
    bands.save(request.output_path / REFERENCE)
    return [request.output_path / REFERENCE], bands


def _with_history(result: Result, request: EvaluationRequest, bands: Bands, skipped: list[str]) -> Result:
    made_from = {
        "date": datetime.now(UTC).date().isoformat(),
        "maps_from": "a dataset" if request.dataset_path else "a folder",
        "split": request.split.value if request.dataset_path else None,
        "excerpt_seconds": request.excerpt_seconds,
        "options": request.generation_options if request.dataset_path else None,
        "human_charts": dict(bands.made_from),
    }
    return replace(result, skipped=[*skipped, *result.skipped], made_from=made_from)


def _name(request: EvaluationRequest) -> str:
    if request.name:
        return request.name
    if request.dataset_path is not None:
        return Path(request.model_path).name if request.model_path else "the embedded model"
    return request.generated_path.resolve().name


def _write_pages(results: list[Result], folder: Path, names: tuple[str, str]) -> list[Path]:
    paths = []
    for name, text in zip(names, (results_markdown(results), page(results)), strict=True):
        write_text(folder / name, text)
        paths.append(folder / name)
    return paths
