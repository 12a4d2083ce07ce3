"""Actions of the worker: generate, review, fix, and run `inference.py`.

Fixes are those that a review suggests. A job's options are those of the command line, and so is their effect. Results
go into the folder of the job, except for those of `inference.py`.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

from feedback.errors import UserError
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.writer import write_text
from server.processing.worker import Action, Task
from server.storage.references import MAPS_FOLDER, RESULT_FOLDER
from server.storage.results import copy_out, files_of, keep_all_of, keep_archive, keep_map, maps_of, pack
from server.storage.timings import shown_line

REVIEW_FILE = "review.json"
MOST_REVIEWS_KEPT = 4
REPORTS = ("html", "json", "md")
COMMAND = "inference.py"
"""By whose name errors are told: that is what the user called."""

_reviews: OrderedDict[str, list] = OrderedDict()
"""Reviews of earlier jobs of this process: their fixes need not be found again."""


_threads = 0
"""Threads that torch takes by itself."""


def warm_up(max_jobs: int) -> None:
    """Prepare the worker before the first job.

    Slow modules are imported; models are kept; several jobs share decoding steps.
    """
    global _threads
    import torch

    import pipeline.generation.generate
    import pipeline.generation.mapset  # noqa: F401
    from osuT5.generation.batching.shared_pool import share_pools
    from pipeline.generation.model_cache import keep_models

    _threads = torch.get_num_threads()
    keep_models()
    if max_jobs > 1:
        # A job that is always alone needs no steps that give it the same tokens in company.
        share_pools()


def _reset_threads() -> None:
    """Reset this thread's number of threads to the usual one.

    It begins with the one that another has set last for its own work.
    """
    import torch

    if _threads:
        torch.set_num_threads(_threads)


def run_command(task: Task) -> dict[str, Any]:
    """Run inference.py, with files where it would have them.

    The result is its status and its output.
    """
    from pipeline.cli.outcomes import Outcome, describe
    from pipeline.cli.request_runner import check_request, make

    _reset_threads()
    try:
        outcome = Outcome(0, said=make(check_request(task.options), task.progress)[1] + "\n")
    except (OSError, UserError) as error:
        outcome = describe(COMMAND, error)
    return outcome._asdict()


def generate_map(task: Task) -> dict[str, Any]:
    """Generate a map or a mapset as inference.py does."""
    from pipeline.cli.request_runner import check_request, make
    from pipeline.generation.timing import has_steady_beat
    from pipeline.output.summary import timing_of
    from pipeline.request.mapset_file import open_mapset

    _reset_threads()
    result_folder = _make_folder(task.folder / RESULT_FOLDER)
    wanted_folder = task.options.get("output_path")
    with open_mapset({**task.options, "output_path": str(result_folder)}) as (options, mapset):
        request = check_request(options)
        made, said = make(request, task.progress)
        print(said)
        osu_paths = made.osu_paths if request.map.is_mapset else [made.osu_path]
        new = _store_maps(task, request, made.osz_path, osu_paths)
        _put_into_mapset(task, request, mapset, new)
    written = [result_folder / each["name"] for each in files_of(result_folder)]
    copies = copy_out(written, Path(wanted_folder).expanduser()) if wanted_folder else []
    return {
        "maps": maps_of(task.folder),
        "new": new,
        "files": files_of(result_folder),
        "copies": copies,
        "timing": timing_of(made.beatmaps[0] if request.map.is_mapset else made.beatmap, made.timing_confidences),
        "has_steady_beat": has_steady_beat(made.timing_confidences),
        "warnings": list(dict.fromkeys(made.warnings)),
        "seed": made.seed,
        "seconds": made.seconds,
        "asked_stars": request.map.difficulty,
        "span": [request.scope.start_time_ms, request.scope.end_time_ms] if request.scope.add_to_beatmap else None,
    }


def review_map(task: Task) -> dict[str, Any]:
    """Review a map or a mapset as mai_mod.py does.

    The maps are kept next to the suggestions.
    """
    from modding.options import check_review_files, resolve_review
    from modding.report.reports import report
    from modding.review import review

    _reset_threads()
    request = resolve_review({**task.options, "output": "text", "output_file": None, "apply": None})
    check_review_files(request)
    if request.beatmap_path.suffix.lower() == ".osz":
        keep_archive(task.folder, request.beatmap_path)
    else:
        sources = (
            sorted(request.beatmap_path.glob("*.osu")) if request.beatmap_path.is_dir() else [request.beatmap_path]
        )
        for path in sources:
            # Of a mapset, what cannot be read is named in a note of the review.
            with suppress(BeatmapError) if request.beatmap_path.is_dir() else nullcontext():
                keep_map(task.folder, path, request.audio_path)
    reviews = review(request, task.progress)
    result_folder = _make_folder(task.folder / RESULT_FOLDER)
    for form in REPORTS:
        text = report(reviews, form, request.order, colour=False)
        (result_folder / f"review.{form}").write_text(text, encoding="utf-8", errors="replace", newline="\n")
    maps = maps_of(task.folder)
    shown = _shown_reviews(reviews, {Path(each["name"]).stem: each["name"] for each in maps})
    (task.folder / REVIEW_FILE).write_text(json.dumps(shown, ensure_ascii=False), encoding="utf-8", errors="replace")
    _keep_reviews(task.id, reviews)
    count = sum(len(each.suggestions) for each in reviews)
    print(f"{count} suggestions.")
    return {"maps": maps, "files": files_of(result_folder), "warnings": [], "suggestions": count}


def apply_fixes(task: Task) -> dict[str, Any]:
    """Write a copy of a reviewed map with some fixes.

    Options: `map`, its name, and `apply`, the ids of suggestions.
    """
    from modding.options import check_review_files, resolve_review
    from modding.review import review, write_fixed_copy
    from pipeline.request.options import RequestError

    _reset_threads()
    options = dict(task.options)
    name = options.pop("map", None)
    if task.parent is None or name not in {each.name for each in (task.parent / MAPS_FOLDER).glob("*.osu")}:
        raise RequestError("apply needs a review: name one of its maps.")
    if not options.get("apply"):
        raise RequestError("apply is empty: select the suggestions to apply.")
    result_folder = _make_folder(task.folder / RESULT_FOLDER)
    given = {"beatmap_path": str(task.parent / MAPS_FOLDER / name), "output_path": str(result_folder)}
    request = resolve_review({**options, **given})
    check_review_files(request)
    known = {each.path: each for each in _reviews.get(task.parent.name, [])}
    reviewed = known.get(Path(name).stem) or review(request, task.progress)[-1]
    path, applied = write_fixed_copy(request, reviewed)
    keep_all_of(task.folder, task.parent / MAPS_FOLDER)
    new = keep_map(task.folder, path, None)
    pack(task.folder, result_folder)
    print(f"{path.name}: {len(applied)} suggestions applied.")
    return {
        "maps": maps_of(task.folder, new),
        "files": files_of(result_folder),
        "warnings": [],
        "applied": [each.id for each in applied],
    }


def time_song(task: Task) -> dict[str, Any]:
    """Write the timing of a song to `analysis_path`.

    It includes the page's drawing data.
    """
    from osuT5.rhythm.features import FRAME_MS
    from pipeline.generation.timing import has_steady_beat
    from pipeline.generation.timing_analysis import LOUDNESS_STEP_MS, analyse_timing

    _reset_threads()
    found = analyse_timing(Path(task.options["audio_path"]), task.progress)
    lines = [
        {**shown_line(line), "confidence": round(confidence, 3)}
        for line, confidence in zip(found.lines, found.confidences, strict=True)
    ]
    shown = {
        "song_ms": found.song_ms,
        "lines": lines,
        "candidates": [{"ratio": each.ratio, "confidence": round(each.confidence, 3)} for each in found.candidates],
        "is_steady": has_steady_beat(found.confidences),
        "lead_ms": found.lead_ms,
        "loudness": _encode_bytes(found.loudness),
        "loudness_step_ms": LOUDNESS_STEP_MS,
        "beats": _encode_bytes(found.beats),
        "beats_step_ms": FRAME_MS,
    }
    write_text(task.options["analysis_path"], json.dumps(shown))
    return {}


ACTIONS: dict[str, Action] = {
    "generate": generate_map,
    "review": review_map,
    "apply": apply_fixes,
    "run": run_command,
    "timing": time_song,
}


def _encode_bytes(shares: Any) -> str:
    """Return values of 0-1 as a byte each, in base64."""
    return b64encode((shares * 255).round().astype("uint8").tobytes()).decode("ascii")


def _store_maps(task: Task, request: Any, osz_path: Path | None, osu_paths: Sequence[Path]) -> list[str]:
    """Put the new maps among the job's maps; return their names."""
    if osz_path is not None:
        return keep_archive(task.folder, osz_path)
    reference = request.song.beatmap_path
    changed = request.scope.add_to_beatmap and reference is not None
    if changed and task.parent is not None and reference.parent == task.parent / MAPS_FOLDER:
        keep_all_of(task.folder, reference.parent)
    new: list[str] = []
    for path in osu_paths:
        audio = request.song.audio_path
        if audio is None and reference is not None:
            audio = _audio_of(reference)
        new += keep_map(task.folder, path, audio)
    if changed:
        pack(task.folder, task.folder / RESULT_FOLDER)
    return new


def _put_into_mapset(task: Task, request: Any, mapset: Any, new: Sequence[str]) -> None:
    """Replace the result's .osz by its reference's mapset.

    The new maps are in it.
    """
    from pipeline.request.mapset_file import MapsetFile

    reference = request.song.beatmap_path
    if reference is not None and mapset is None:
        mapset = MapsetFile.beside(reference)
    if mapset is None or not request.output.export_osz:
        return
    result_folder = task.folder / RESULT_FOLDER
    for packed in result_folder.glob("*.osz"):
        packed.unlink()
    replaces = request.scope.keeps_objects or request.scope.add_to_beatmap
    maps = [task.folder / MAPS_FOLDER / name for name in new]
    mapset.write_with(maps, result_folder / mapset.osz.path.name, replaces)


def _audio_of(reference: Path) -> Path:
    from osu_beatmap.files.named_files import find_named_file
    from osu_beatmap.files.reader import read_beatmap

    return find_named_file(reference.parent, Path(read_beatmap(reference).audio_filename).name)


def _shown_reviews(reviews: Sequence[Any], files: dict[str, str]) -> list[dict[str, Any]]:
    """Return reviews as the API shows them.

    `files` are the maps by their path in the review.
    """
    from modding.report.html_report import as_data
    from modding.report.reports import as_json

    return [
        {**as_data(review, [as_json(each, review) for each in review.suggestions]), "map": files.get(review.path)}
        for review in reviews
    ]


def _keep_reviews(job_id: str, reviews: list) -> None:
    _reviews[job_id] = reviews
    while len(_reviews) > MOST_REVIEWS_KEPT:
        _reviews.popitem(last=False)


def _make_folder(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
