"""What a worker can do in tests: each job says by its `title` what is to become of it."""

import json
import os
import time
from pathlib import Path

from webui.worker import Task

DEAF_S = 60.0
SLOW_STEPS = 600
STEP_S = 0.02


def warm_up() -> None:
    pass


def generate(task: Task) -> dict:
    what = str(task.options.get("title", "quick"))
    task.progress("listening", 1, 2)
    print(f"doing {what}", flush=True)
    if what == "slow":
        for step in range(SLOW_STEPS):
            task.progress("map", step, SLOW_STEPS)
            time.sleep(STEP_S)
    elif what == "deaf":
        time.sleep(DEAF_S)
    elif what == "crash":
        os._exit(9)
    elif what == "memory":
        raise MemoryError
    elif what == "wrong":
        from pipeline.request.options import RequestError

        raise RequestError("difficulty cannot be met.")
    elif what == "bug":
        raise RuntimeError("nobody thought of this")
    result = task.folder / "result"
    result.mkdir()
    (result / "a map.osz").write_bytes(b"PK")
    (result / "page.html").write_text("<script>1</script>", encoding="utf-8")
    maps = task.folder / "maps"
    maps.mkdir()
    for name in ("easy.osu", "hard.osu"):
        (maps / name).write_text("osu file format v14\n\n[General]\nAudioFilename: song.wav\n", encoding="utf-8")
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


ACTIONS = {"generate": generate, "review": generate, "apply": generate}
