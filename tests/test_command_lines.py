"""Command lines that do no work: wrong words, help, and ctrl-C while a program starts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.cli.command_line import run
from tests.source_files import REPO_ROOT, root_script

INFERENCE, TRAIN = root_script("inference").INFERENCE, root_script("train").TRAIN
OPTION = "is not an option; did you mean"
MANY = ["-m", "audio_path=a.mp3"]
WRONG = [
    (INFERENCE, [], "audio_path is missing"),
    (INFERENCE, ["song.mp3"], f"song.mp3 {OPTION} audio_path=song.mp3? Options are written name=value, without"),
    (INFERENCE, ["audio_path", "=", "song.mp3"], f"audio_path {OPTION} audio_path=audio_path? Options are written"),
    (INFERENCE, ["audio_path=x", "&=c.mp3"], f"&=c.mp3 {OPTION} 'audio_path=x &=c.mp3'?"),
    (INFERENCE, ["audio_path=x", "b=c.mp3"], "There is no option b; if it belongs to the word before it, put quotes"),
    (INFERENCE, ["dificulty=3"], "There is no option dificulty; did you mean difficulty?"),
    (INFERENCE, ["+x=1"], "There is no option x; -h lists them all."),
    (INFERENCE, ["audio_path=no (x) [y]=.mp3"], "There is no file at no (x) [y]=.mp3 (audio_path); if that is not"),
    (INFERENCE, ["difficulty=31"], "difficulty must be within 0..12, got 31."),
    (INFERENCE, ["difficulty=5,5"], "difficulty must be a number within 0..12, got 5,5; write 5.5."),
    (INFERENCE, ["match_difficulty=perhaps"], "match_difficulty must be true or false, got perhaps."),
    (INFERENCE, ["output_type=[MAP"], "output_type must be a list"),
    (INFERENCE, ["seed=${foo}"], "seed: Interpolation key 'foo' not found."),
    (INFERENCE, ["--difficulty=3"], "There is no flag --difficulty; options are written name=value"),
    (INFERENCE, ["-cn", "nothing"], "There is no configuration nothing; -cn can be inference, inference_v28,"),
    (INFERENCE, ["-cn"], "argument --config-name/-cn: expected one argument."),
    (INFERENCE, ["-cn", "inference_v29", "audio_path=no.mp3"], "There is no file at no.mp3 (audio_path)"),
    (INFERENCE, ["-cn", "own.yaml"], "In 'own': ConfigKeyError raised while composing config: Key 'x' not in"),
    (INFERENCE, ["-cn", "broken.yaml"], "while parsing a flow sequence"),
    (INFERENCE, ["--cfg", "job", "dificulty=3"], "There is no option dificulty; did you mean difficulty?"),
    (INFERENCE, [*MANY, "difficulty=3,31"], "difficulty must be within 0..12, got 31."),
    (INFERENCE, [*MANY, "hydra/launcher=jobllib"], "hydra/launcher must be one of basic"),
    (INFERENCE, [*MANY, "hydra.launcher.jobs=2"], "hydra.launcher.jobs: Key 'jobs' not in"),
    (
        TRAIN,
        ["-cn", "nothing"],
        "There is no configuration nothing; -cn can be lora, train_base,",
    ),
    (TRAIN, ["-cn", "missing.yaml"], "There is no configuration missing.yaml"),
    (TRAIN, ["loop.totl_steps=3"], "There is no option loop.totl_steps; did you mean loop.total_steps?"),
    (TRAIN, ["train_dataset_pth=x"], "There is no option train_dataset_pth; did you mean data.train_dataset_path?"),
    (TRAIN, ["total_steps=many"], "loop.total_steps: Value 'many' of type 'str' could not be converted to Integer."),
    (TRAIN, ["total_steps=0"], "loop.total_steps must be 1 or more, got 0."),
    (TRAIN, ["loop=3"], "loop is a group of options: write loop.NAME=VALUE."),
    (TRAIN, ["seed.x=3"], "There is no option seed.x"),
    (TRAIN, ["schedule=sudden"], "loop.schedule must be one of cosine, linear, constant, got sudden."),
    (TRAIN, ["-cn", "train_classifier", "split=some"], "split must be one of train, held_out, all, got some."),
    (TRAIN, ["-cn", "train_v29", "mode_shares=[1,2]"], "batch.mode_shares must be a list of 4 values, got [1.0, 2.0]."),
    (TRAIN, ["songs"], f"songs {OPTION} train_dataset_path=songs?"),
    (TRAIN, ["-m", "seed=1,2"], "-m (many runs at once) is for inference.py"),
]


@pytest.mark.parametrize(("program", "words", "sentence"), WRONG, ids=[" ".join(words) for _, words, _ in WRONG])
def test_wrong_words_get_one_sentence(program, words, sentence, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    Path("own.yaml").write_text("defaults: [inference, _self_]\nx: 1\n", encoding="utf-8")
    Path("broken.yaml").write_text("x: [1\n", encoding="utf-8")
    assert run(program, words) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(f"{program.script}: {sentence}")
    assert shown.err.count("\n") == 1
    assert len(list(tmp_path.iterdir())) == 2


START = """
import runpy, signal, sys
from pathlib import Path
sys.argv = sys.argv[1:]
sys.path[0] = str(Path(sys.argv[0]).parent)
"""
RUN = """
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    print([name for name in ("torch", "transformers", "numpy", "av") if name in sys.modules])
"""
INTERRUPT = """
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job begins without it
class Interrupt:
    def find_spec(self, name, *_):
        if name == "hydra":
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, Interrupt())
"""


def in_a_process(folder: Path, code: str, script: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a script on a console of western Windows, from another folder, which must stay empty."""
    done = subprocess.run(
        [sys.executable, "-c", code, str(REPO_ROOT / script), *words],
        cwd=folder,
        env={**os.environ, "PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"},
        capture_output=True,
        encoding="cp1252",
        timeout=120,
        check=False,
    )
    assert not list(folder.iterdir())
    assert "Traceback" not in done.stderr
    return done


@pytest.mark.parametrize(
    ("script", "word", "status", "shown"),
    [
        (
            "inference.py",
            "-h",
            0,
            [
                "python inference.py audio_path=song.mp3 difficulty=5.5",
                "target star rating, 0 to 12",
                "inference_v28, inference_v29",
                "OliBomby/osu-diffusion-v2",
            ],
        ),
        ("inference.py", "audio_path=音楽 (x).mp3", 2, ["inference.py: There is no file at ?? (x).mp3"]),
        ("train.py", "-h", 0, ["data.train_dataset_path", "rhythm.sizes"]),
        ("osuT5/train.py", "total_steps=ten", 2, ["train.py: loop.total_steps: Value 'ten'"]),
        ("mai_mod.py", "-h", 0, ["python mai_mod.py beatmap_path=map.osu"]),
    ],
)
def test_answers_need_nothing_heavy(script: str, word: str, status: int, shown: list[str], tmp_path: Path) -> None:
    done = in_a_process(tmp_path, START + RUN, script, word)
    assert done.returncode == status
    answer = " ".join((done.stdout if status == 0 else done.stderr).split())
    assert all(each in answer for each in shown)
    assert done.stdout.splitlines()[-1] == "[]"


SCRIPTS = sorted(path.name for path in REPO_ROOT.glob("*.py") if "run(" in path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("script", [*SCRIPTS, "classifier/classify.py", "rcomplexion/predict.py"])
def test_ctrl_c_while_a_program_starts(script: str, tmp_path: Path) -> None:
    done = in_a_process(tmp_path, START + INTERRUPT + RUN, script)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "Stopped.\n")
