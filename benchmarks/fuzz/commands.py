"""Commands as processes, on absurd charts and mutated files.

Their exit status, CPU time, memory and leftovers are checked.

All but the first case of a command begin with the libraries imported: importing takes most of the time of a run.
"""

from __future__ import annotations

import atexit
import os
import random
import resource
import runpy
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

# What the commands import when they run; see `_become`.
import pipeline.generation.generate  # noqa: F401
from benchmarks.fuzz.absurd_charts import absurd_chart, mode_of
from benchmarks.fuzz.inputs import WORDS, mutate_bytes
from benchmarks.fuzz.sane import sane_chart, write_song
from benchmarks.fuzz.watch import MAX_GROWTH_MIB, MAX_SECONDS, FuzzReport, limit_memory
from feedback.startup import STATUS_INTERRUPTED
from osu_beatmap.beatmap import GameMode
from osu_beatmap.files.archive import write_osz
from paths import REPO_ROOT
from pipeline.request.inference_options import InferenceOptions

GENERATION = ("difficulty=2", "match_difficulty=false", "generate_positions=false", "device=cpu", "server=off")
DONE, REFUSED = 0, 2

PATIENCE_S = 600
MAX_CPU_S = 120
"""Bounds far beyond those of a case: of wall time and of CPU time."""

Change = Callable[[Path, random.Random, int], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Ended:
    """End of a process."""

    status: int
    seconds: float
    mib: float
    said: str


@dataclass(frozen=True, slots=True)
class Command:
    """Command on a folder with the mapsets `set` and `human`.

    Attributes:
        change: Mutates these files; returns more words for the command.
        has_modes: Whether the time of a sane case depends on the mode of the chart.
    """

    name: str
    words: tuple[str, ...]
    change: Change
    has_modes: bool = True


def absurd_map(folder: Path, _: random.Random, seed: int) -> Sequence[str]:
    """Put an absurd chart in place of the map."""
    (folder / "set" / "map.osu").write_bytes(absurd_chart(seed).encode("utf-8", errors="replace"))
    return ()


def absurd_pair(folder: Path, rng: random.Random, seed: int) -> Sequence[str]:
    """Put an absurd chart in place of one of both maps."""
    absurd_map(folder, rng, seed)
    if seed % 2:
        for name in ("map.osu", "song.ogg"):
            absurd, sane = folder / "set" / name, folder / "human" / name
            absurd.rename(folder / name), sane.rename(absurd), (folder / name).rename(sane)
    return ()


def replace_map(folder: Path, rng: random.Random, seed: int) -> Sequence[str]:
    """Put an absurd chart in place of the map; request any report."""
    absurd_map(folder, rng, seed)
    form = rng.choice(("text", "json", "md", "html"))
    return (f"output={form}", f"output_file={folder}/out/report.{form}") if rng.random() < 0.7 else (f"output={form}",)


def break_archive(folder: Path, rng: random.Random, seed: int) -> Sequence[str]:
    """Put the mapset into an archive, and change its bytes."""
    absurd_map(folder, rng, seed)
    path = folder / "set.osz"
    write_osz(path, {file.name: file for file in (folder / "set").iterdir()})
    path.write_bytes(mutate_bytes(path.read_bytes(), rng, 3))
    return ()


def break_song(folder: Path, rng: random.Random, _: int) -> Sequence[str]:
    """Change bytes of the song."""
    path = folder / "set" / "song.ogg"
    path.write_bytes(mutate_bytes(path.read_bytes(), rng))
    return ()


def wrong_options(_: Path, rng: random.Random, __: int) -> Sequence[str]:
    """Add options with values that make no sense."""
    names = [name for name in InferenceOptions.__dataclass_fields__ if name not in ("server", "output_path")]
    return [f"{name}={rng.choice(WORDS)}".replace("\0", "") for name in rng.sample(names, rng.randint(1, 3))]


MAP, SONG, OUT = "{folder}/set/map.osu", "{folder}/set/song.ogg", "output_path={folder}/out"
FROM_MAP = ("inference.py", f"beatmap_path={MAP}", OUT, *GENERATION)
COMMANDS = (
    Command("review", ("mai_mod.py", f"beatmap_path={MAP}", "device=cpu"), replace_map),
    Command("review of an archive", ("mai_mod.py", "beatmap_path={folder}/set.osz", "device=cpu"), break_archive),
    Command("new map", (*FROM_MAP, "in_context=[TIMING]"), absurd_map),
    Command("guest difficulty", (*FROM_MAP, "in_context=[GD,TIMING,KIAI]", "report=true"), absurd_map),
    Command("hitsounds", (*FROM_MAP, "in_context=[NO_HS]"), absurd_map),
    Command("part", (*FROM_MAP, "add_to_beatmap=true", "start_time=2000", "end_time=6000"), absurd_map),
    Command(
        "timing", ("inference.py", f"audio_path={SONG}", "output_type=[TIMING]", OUT, "server=off"), break_song, False
    ),
    Command("options", ("inference.py", f"audio_path={SONG}", OUT, *GENERATION), wrong_options, False),
    Command(
        "evaluation",
        ("evaluate.py", "generated_path={folder}/set", "human_path={folder}/human", OUT, "processes=1"),
        absurd_pair,
    ),
    Command(
        "training",
        (
            *("train.py", "-cn", "train_mini", "train_dataset_path={folder}", "split=all", "device=cpu"),
            *("total_steps=1", "beats.loop.total_steps=1", "run_path={folder}/out"),
        ),
        absurd_map,
    ),
    Command("dataset", ("build_dataset.py", "input_path={folder}", OUT, "workers=1"), absurd_map),
    Command("classifier", ("classifier/classify.py", f"beatmap_path={MAP}", "device=cpu"), absurd_map),
    Command("rhythm complexity", ("rcomplexion/predict.py", MAP), absurd_map),
)


def run_commands(folder: Path, seed: int, count: int, report: FuzzReport, names: Sequence[str] = ()) -> None:
    """Run cases of each command, each compared with a sane one."""
    song = write_song(folder / "song.ogg")
    for command in COMMANDS:
        if not names or command.name in names:
            cases = _Cases(command, folder / "case", song, report)
            for each in range(seed, seed + count):
                cases.run(each, is_cold=each == seed)
            report.say(cases.summary())


class _Cases:
    """Cases of one command, and sane ones to compare with."""

    def __init__(self, command: Command, folder: Path, song: Path, report: FuzzReport) -> None:
        self.command, self.folder, self.song, self.report = command, folder, song, report
        self._sane: dict[tuple[GameMode, bool], Ended] = {}
        self._ended: list[Ended] = []

    def run(self, seed: int, is_cold: bool) -> None:
        """Run a case, a slow one twice: machines can be busy."""
        sane = self.sane(seed, is_cold)
        name = f"{self.command.name}, seed {seed}"
        ended, inputs = self._run(seed, is_cold)
        if ended.seconds > sane.seconds + MAX_SECONDS:
            ended, inputs = self._run(seed, is_cold)
        self._ended.append(ended)
        self.report.outcomes[f"process {self.command.name}: status {ended.status}"] += 1
        for fault in self._faults(ended, sane, inputs):
            self.report.fail(f"{name}: {fault}")

    def sane(self, seed: int, is_cold: bool) -> Ended:
        """Run the command on sane files once for each mode."""
        mode = mode_of(seed) if self.command.has_modes else GameMode.STANDARD
        if (mode, is_cold) not in self._sane:
            ended, _ = self._run(None, is_cold, mode)
            if ended.status != DONE:
                self.report.fail(f"{self.command.name}: a sane case ends with {ended.status}: {ended.said[-600:]}")
            self._sane[mode, is_cold] = ended
        return self._sane[mode, is_cold]

    def summary(self) -> str:
        """Return the maximum time and memory of all and of sane cases."""
        most, sane = (
            f"{max(each.seconds for each in ends):.1f} s, {max(each.mib for each in ends):.0f} MiB"
            for ends in (self._ended, list(self._sane.values()))
        )
        return f"{self.command.name}: {len(self._ended)} cases, at most {most} (sane cases {sane})"

    def _faults(self, ended: Ended, sane: Ended, inputs: dict[Path, bytes]) -> Iterator[str]:
        if ended.status not in (DONE, REFUSED) or "Traceback" in ended.said or not ended.said.strip():
            yield f"status {ended.status}: {ended.said[-1500:]}"
        if ended.seconds > sane.seconds + MAX_SECONDS:
            yield f"{ended.seconds:.1f} s, {sane.seconds:.1f} s with a sane chart"
        if ended.mib > sane.mib + MAX_GROWTH_MIB:
            yield f"{ended.mib:.0f} MiB, {sane.mib:.0f} MiB with a sane chart"
        files = [path for path in self.folder.rglob("*") if path.is_file() and path not in inputs]
        filled = [path for path in files if path.name != "skipped.tsv"]  # empty if nothing was left out
        if half := [path.name for path in filled if path.suffix == ".part" or not path.stat().st_size]:
            yield f"left behind {half}"
        if changed := [path.name for path, data in inputs.items() if not path.is_file() or path.read_bytes() != data]:
            yield f"changed {changed}"
        if ended.status == REFUSED and self.command.words[0] == "inference.py" and files:
            yield f"refused, yet there are {[path.name for path in files]}: {ended.said[-600:]}"

    def _run(
        self, seed: int | None, is_cold: bool, mode: GameMode = GameMode.STANDARD
    ) -> tuple[Ended, dict[Path, bytes]]:
        """Run the command in a new folder.

        Without a seed, the files are sane. Its input files are returned as well.
        """
        folder, command = self.folder, self.command
        shutil.rmtree(folder, ignore_errors=True)
        for place in ("set", "human"):
            (folder / place).mkdir(parents=True)
            shutil.copyfile(self.song, folder / place / "song.ogg")
            (folder / place / "map.osu").write_text(sane_chart(mode), encoding="utf-8")
        words = [word.replace("{folder}", str(folder)) for word in command.words]
        if seed is None:
            write_osz(folder / "set.osz", {file.name: file for file in (folder / "set").iterdir()})
        else:
            words += command.change(folder, random.Random(seed), seed)
        inputs = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        said = folder.with_suffix(".txt")
        return _run_to_end(words, said, is_cold), inputs


def _run_to_end(words: Sequence[str], said: Path, is_cold: bool) -> Ended:
    """Run a command in a process of its own until it ends."""
    sys.stdout.flush()
    child = os.fork()
    if not child:
        _become(words, said, is_cold)
    _, state, usage = os.wait4(child, 0)
    text = said.read_text(encoding="utf-8", errors="replace")
    seconds, mib = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
    return Ended(os.waitstatus_to_exitcode(state), seconds, mib, text)


def _become(words: Sequence[str], said: Path, is_cold: bool) -> None:
    """Run a command in place of this copy of the fuzzer.

    It never returns.
    """
    status = 1
    try:
        handle = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for stream in (1, 2):
            os.dup2(handle, stream)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.chdir(REPO_ROOT)
        signal.alarm(PATIENCE_S)
        resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_S, MAX_CPU_S))
        limit_memory()
        if is_cold:
            os.execv(sys.executable, [sys.executable, *words])
        atexit._clear()  # what the fuzzer does at its end is not for this process
        sys.argv = list(words)
        runpy.run_path(str(REPO_ROOT / words[0]), run_name="__main__")
        status = 0
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else int(error.code is not None)
    except KeyboardInterrupt:
        status = STATUS_INTERRUPTED
    except BaseException:
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(status)
