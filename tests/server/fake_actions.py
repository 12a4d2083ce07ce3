"""What a worker can do in tests: each job says by its `title` what is to become of it."""

import json
import os
import time
from pathlib import Path

from server.processing.worker import Task

DEAF_S = 60.0
SLOW_STEPS = 600
STEP_S = 0.02
HOLD_STEPS = 3_000
HELD = "until "
"""A title that begins so names a file, and the job lasts until it is there."""

MAP = "osu file format v14\n\n[General]\nAudioFilename: song.wav\n\n[TimingPoints]\n0,500,4,2,0,100,1,0\n"


def warm_up(max_jobs: int) -> None:
    pass


def generate(task: Task) -> dict:
    what = str(task.options.get("title", "quick"))
    task.progress("listening", 1, 2)
    print(f"doing {what}", flush=True)
    if what == "slow":
        for step in range(SLOW_STEPS):
            task.progress("map", step, SLOW_STEPS)
            time.sleep(STEP_S)
    elif what.startswith(HELD):
        _hold(task, Path(what.removeprefix(HELD)))
    elif what == "deaf":
        time.sleep(DEAF_S)
    elif what == "crash":
        os._exit(9)
    elif what == "memory":
        raise MemoryError
    elif what == "wrong":
        from pipeline.request.options import RequestError

        raise RequestError("difficulty cannot be met.")
    elif what in ("bug", "broken"):
        raise RuntimeError("nobody thought of this")
    result = task.folder / "result"
    result.mkdir()
    (result / "a map.osz").write_bytes(b"PK")
    (result / "page.html").write_text("<script>1</script>", encoding="utf-8")
    maps = task.folder / "maps"
    maps.mkdir()
    for name in ("easy.osu", "hard.osu"):
        (maps / name).write_text(MAP, encoding="utf-8")
    (maps / "song.wav").write_bytes(b"RIFF0000WAVEfmt ")
    Path(task.folder / "options.json").write_text(json.dumps(task.options), encoding="utf-8")
    shown = {"title": "T", "artist": "A", "version": "V", "mode": 0, "stars": 1.5, "counts": {"circles": 3}}
    return {
        "maps": [
            {**shown, "name": "easy.osu", "length_ms": 900.0, "audio": "song.wav"},
            {**shown, "name": "hard.osu", "length_ms": 900.0, "audio": None},
        ],
        "files": [{"name": "a map.osz", "bytes": 2}, {"name": "page.html", "bytes": 18}],
        "warnings": [],
        "seed": 7,
        "process": os.getpid(),
    }


def run(task: Task) -> dict:
    """What inference.py hands over: `title` says what becomes of it, the file `until` ends it."""
    what = str(task.options.get("title", "quick"))
    if what == "refused":
        return {"status": 2, "said": "", "error": "inference.py: title must be another one.\n"}
    if what in ("broken", "crash", "deaf"):
        return generate(task)
    if "diary" in task.options:
        with Path(task.options["diary"]).open("a", encoding="utf-8") as diary:
            diary.write(f"{what}\n")
    if "until" in task.options:
        _hold(task, Path(task.options["until"]))
    return {"status": 0, "said": f"Map: {what}\n", "error": ""}


def timing(task: Task) -> dict:
    """120 BPM from 500 ms on, in four seconds of sound."""
    task.progress("listening", 1, 2)
    zeros = {"loudness": "AAAA", "loudness_step_ms": 5.0, "beats": "AAAA", "beats_step_ms": 10.0}
    tempi = [{"ratio": 1.0, "confidence": 0.8}, {"ratio": 2.0, "confidence": 0.5}]
    line = {"time_ms": 500.0, "bpm": 120.0, "meter": 4, "confidence": 0.7}
    shown = {"song_ms": 4000.0, "lines": [line], "candidates": tempi, "is_steady": True, "lead_ms": 25.0, **zeros}
    Path(task.options["analysis_path"]).write_text(json.dumps(shown), encoding="utf-8")
    return {}


def _hold(task: Task, until: Path) -> None:
    for step in range(HOLD_STEPS):
        task.progress("map", step, HOLD_STEPS)
        if until.exists():
            return
        time.sleep(STEP_S)


ACTIONS = {"generate": generate, "review": generate, "apply": generate, "run": run, "timing": timing}
