"""Build of a dataset from mapsets.

New ones are read in parallel and added one after the other.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from tqdm import tqdm

from dataset_builder.collection import Collection, remove_charts
from dataset_builder.errors import BuildError
from dataset_builder.finish import BuildReport, finish
from dataset_builder.journal import JOURNAL_FILE, Entry, Journal
from dataset_builder.options import BuildOptions
from dataset_builder.sources.inputs import find_mapsets, fingerprint
from dataset_builder.sources.online import read_cached_answers, request_facts, token_from_environment
from dataset_builder.sources.tags import read_tags
from dataset_builder.staging import Skip, StagedMapset, stage_mapset
from dataset_builder.workers import WorkerDied, run_in_order
from osuT5.dataset.files.filters import OptOutList
from osuT5.dataset.files.metadata import METADATA_FILE, import_parquet

STAGING_FOLDER = ".staging"


def build(options: BuildOptions) -> BuildReport:
    """Add new mapsets under `input_path` to the dataset; write its metadata.

    All options are checked before anything is read.

    Raises:
        BuildError, CorpusError: One sentence for the user.
    """
    import_parquet()
    folder = options.output_path
    opted_out = OptOutList.read(options.opt_out_path)
    tags = read_tags(options.tags_path) if options.tags_path else {}
    token = token_from_environment(options.api_url) if options.online else ""
    if (folder / METADATA_FILE).exists() and not (folder / JOURNAL_FILE).exists():
        raise BuildError(f"{folder} holds a dataset of another program; choose another output_path.")
    done_before = 0
    if options.input_path is not None:
        mapsets = find_mapsets(options.input_path, folder)
        folder.mkdir(parents=True, exist_ok=True)
        done_before = _add_mapsets(mapsets, options, opted_out)
    journal = Journal(folder)
    if not journal.entries:
        raise BuildError(f"There is no dataset in {folder} yet: give the mapsets for it as input_path=FOLDER.")
    if options.online:
        request_facts({row["BeatmapSetId"] for row in journal.rows}, folder, options.api_url, token)
    report = finish(folder, journal, opted_out, tags, read_cached_answers(folder))
    report.done_before = done_before
    return report


def _add_mapsets(mapsets: Sequence[Path], options: BuildOptions, opted_out: OptOutList) -> int:
    """Add mapsets; return the number that an earlier build had read."""
    folder = options.output_path
    staging = folder / STAGING_FOLDER
    journal = Journal(folder)
    states = {path: _state(path) for path in mapsets}
    new = [path for path in mapsets if not journal.has(_source(path), states[path])]
    done_before = len(mapsets) - len(new)
    _forget_changed(folder, journal, new)
    collection = Collection(folder, journal)
    tasks = [(path, staging / str(number), opted_out) for number, path in enumerate(new)]
    with tqdm(total=len(mapsets), initial=done_before, desc="reading mapsets", unit="mapset") as bar:
        for number, staged in run_in_order(stage_mapset, tasks, options.workers):
            path = new[number]
            if isinstance(staged, WorkerDied):
                skip = Skip(path.name, "mapset cannot be read", "the program ends while reading it")
                staged = StagedMapset(path.name, skipped=[skip])
            collection.take(_source(path), states[path], staged, tasks[number][1])
            bar.update()
    shutil.rmtree(staging, ignore_errors=True)
    return done_before


def _source(path: Path) -> str:
    return str(path.resolve())


def _state(path: Path) -> str:
    try:
        return fingerprint(path)
    except OSError:
        return "unreadable"


def _forget_changed(folder: Path, journal: Journal, paths: Iterable[Path]) -> None:
    """Remove the charts of mapsets that changed since they were read."""
    changed = [_source(path) for path in paths if _source(path) in journal.entries]
    for source in changed:
        rows = journal.entries[source].rows
        journal.add(Entry(source, ""))
        remove_charts(folder, rows, journal.rows)
