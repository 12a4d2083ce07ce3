"""Commands as processes, on absurd charts and mutated files.

Their exit status, duration and leftovers are checked.
"""

from __future__ import annotations

import os
import random
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from benchmarks.fuzz.absurd_charts import absurd_chart
from benchmarks.fuzz.inputs import WORDS, mutated_bytes
from benchmarks.fuzz.sane import sane_chart, write_song
from benchmarks.fuzz.watch import MAX_GROWTH_MIB, MAX_SECONDS, FuzzReport
from osu_beatmap.beatmap import GameMode
from osu_beatmap.files.archive import write_osz
from paths import REPO_ROOT
from pipeline.request.inference_options import InferenceOptions

GENERATION = ("difficulty=2", "match_difficulty=false", "generate_positions=false", "device=cpu", "server=off")
STATUSES = (0, 2)
"""Done, or refused in a sentence."""

PATIENCE_S = 600.0
NOISE_S = 5.0
"""Difference of CPU time between runs of one command on one input, on a busy machine."""


@dataclass(frozen=True, slots=True)
class Ended:
    """End of a process: status, duration, and memory."""

    status: int
    seconds: float
    mib: float
    said: str


@dataclass(frozen=True, slots=True)
class Command:
    """Command on a folder with `map.osu`, `song.ogg` and `human/`.

    `change` mutates these files.
    """

    name: str
    words: tuple[str, ...]
    change: Callable[[Path, random.Random, int], Sequence[str]]


def absurd_map(folder: Path, _: random.Random, seed: int) -> Sequence[str]:
    """Put an absurd chart in place of the map."""
    (folder / "set" / "map.osu").write_bytes(absurd_chart(seed).encode("utf-8", errors="replace"))
    return ()


def broken_archive(folder: Path, rng: random.Random, seed: int) -> Sequence[str]:
    """Put the mapset into an archive, and change its bytes."""
    absurd_map(folder, rng, seed)
    path = folder / "set.osz"
    write_osz(path, {file.name: file for file in (folder / "set").iterdir()})
    path.write_bytes(mutated_bytes(path.read_bytes(), rng, 3))
    return ()


def broken_song(folder: Path, rng: random.Random, _: int) -> Sequence[str]:
    """Change bytes of the song."""
    path = folder / "set" / "song.ogg"
    path.write_bytes(mutated_bytes(path.read_bytes(), rng))
    return ()


def wrong_options(_: Path, rng: random.Random, __: int) -> Sequence[str]:
    """Add options with values that make no sense."""
    names = [name for name in InferenceOptions.__dataclass_fields__ if name not in ("server", "output_path")]
    return [f"{name}={rng.choice(WORDS)}".replace("\0", "") for name in rng.sample(names, rng.randint(1, 3))]


MAP, SONG, OUT = "{folder}/set/map.osu", "{folder}/set/song.ogg", "output_path={folder}/out"
COMMANDS = (
    Command("review", ("mai_mod.py", f"beatmap_path={MAP}", "device=cpu"), absurd_map),
    Command("review of an archive", ("mai_mod.py", "beatmap_path={folder}/set.osz", "device=cpu"), broken_archive),
    Command("new map", ("inference.py", f"beatmap_path={MAP}", "in_context=[TIMING]", OUT, *GENERATION), absurd_map),
    Command("hit sounds", ("inference.py", f"beatmap_path={MAP}", "in_context=[NO_HS]", OUT, *GENERATION), absurd_map),
    Command(
        "part",
        (
            *("inference.py", f"beatmap_path={MAP}", "add_to_beatmap=true", "start_time=2000", "end_time=6000", OUT),
            *GENERATION,
        ),
        absurd_map,
    ),
    Command("timing", ("inference.py", f"audio_path={SONG}", "output_type=[TIMING]", OUT, "server=off"), broken_song),
    Command("options", ("inference.py", f"audio_path={SONG}", OUT, *GENERATION), wrong_options),
    Command(
        "evaluation",
        ("evaluate.py", "generated_path={folder}/set", "human_path={folder}/human", OUT, "processes=1"),
        absurd_map,
    ),
    Command(
        "training",
        (
            *("train.py", "-cn", "train_mini", "train_dataset_path={folder}", "split=all", "total_steps=1"),
            *("run_path={folder}/out", "device=cpu"),
        ),
        absurd_map,
    ),
    Command("dataset", ("build_dataset.py", "input_path={folder}", OUT, "workers=1"), absurd_map),
    Command("classifier", ("classifier/classify.py", f"beatmap_path={MAP}", "device=cpu"), absurd_map),
    Command("rhythm complexity", ("rcomplexion/predict.py", MAP), absurd_map),
)


def run_commands(folder: Path, seed: int, count: int, report: FuzzReport, names: Sequence[str] = ()) -> None:
    """Run so many cases of each command, after one with sane files."""
    song = write_song(folder / "song.ogg")
    chosen = [command for command in COMMANDS if not names or command.name in names]
    with tqdm(total=len(chosen) * (count + 1), desc="processes", unit="process", disable=None) as bar:
        for command in chosen:
            sane = _run(command, folder / "case", song, None)
            if sane.status != 0:
                report.fail(f"{command.name}: a sane case ends with {sane.status}: {sane.said[-300:]}")
            bar.update()
            for each in range(seed, seed + count):
                _judge(command, each, sane, _run(command, folder / "case", song, each), folder / "case", report)
                bar.update()


def _run(command: Command, folder: Path, song: Path, seed: int | None) -> Ended:
    """Run a command in a new folder.

    Without a seed, the files are sane.
    """
    shutil.rmtree(folder, ignore_errors=True)
    for place in ("set", "human"):
        (folder / place).mkdir(parents=True)
        shutil.copyfile(song, folder / place / "song.ogg")
        (folder / place / "map.osu").write_text(sane_chart(GameMode.STANDARD), encoding="utf-8")
    words = [word.replace("{folder}", str(folder)) for word in command.words]
    if seed is None:
        write_osz(folder / "set.osz", {file.name: file for file in (folder / "set").iterdir()})
    else:
        words += command.change(folder, random.Random(seed), seed)
    return _ended([sys.executable, *words])


def _ended(words: Sequence[str]) -> Ended:
    with subprocess.Popen(words, cwd=REPO_ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        before = os.times()
        try:
            said, _ = process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            said, _ = process.communicate()
        after = os.times()
    seconds = after.children_user - before.children_user + after.children_system - before.children_system
    return Ended(process.returncode, seconds, _peak_mib(), said.decode("utf-8", errors="replace"))


def _peak_mib() -> float:
    """Return the largest memory of any ended child so far."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def _judge(command: Command, seed: int, sane: Ended, ended: Ended, folder: Path, report: FuzzReport) -> None:
    name = f"{command.name}, seed {seed}"
    report.outcomes[f"process {command.name}: status {ended.status}"] += 1
    took = (ended.seconds, seed)
    report.slowest[f"process {command.name}"] = max(took, report.slowest.get(f"process {command.name}", took))
    if ended.status not in STATUSES or "Traceback" in ended.said or not ended.said.strip():
        report.fail(f"{name}: status {ended.status}: {ended.said[-600:]}")
    if ended.seconds > sane.seconds + MAX_SECONDS + NOISE_S:
        report.fail(f"{name}: {ended.seconds:.1f} s, {sane.seconds:.1f} s with a sane chart")
    if ended.mib > sane.mib + MAX_GROWTH_MIB:
        report.fail(f"{name}: {ended.mib:.0f} MiB, {sane.mib:.0f} MiB with a sane chart")
    left = [path.name for path in folder.rglob("*.part")]
    left += [path.name for path in folder.rglob("*") if path.is_file() and not path.stat().st_size]
    if left:
        report.fail(f"{name}: left behind {left}")
