"""The command line of build_dataset.py: what is understood, and what is answered with one sentence."""

from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from dataset_builder.options import OSU_API, BuildOptions
from pipeline.cli.command_line import compose_config, run
from pipeline.request.options import RequestError
from tests.source_files import root_script

build_dataset = root_script("build_dataset")


def options(**changes) -> BuildOptions:
    return build_dataset.build_options({**compose_config("build_dataset"), "output_path": "DATASET", **changes})


def test_the_yaml_shows_the_defaults() -> None:
    shown = options()
    for option in fields(BuildOptions):
        if option.default is not MISSING:
            assert getattr(shown, option.name) == option.default, option.name
    assert shown.api_url == OSU_API


def test_paths_are_taken_letter_by_letter() -> None:
    path = "C:/Program Files (x86)/osu!/Songs=[all]"
    assert options(input_path=path).input_path == Path(path)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"output_path": None}, "output_path is missing"),
        ({"workers": "many"}, "workers must be a whole number, got many"),
        ({"workers": "-1"}, r"workers must be within 0\.\.256"),
        ({"opus_kbps": "6"}, "opus_kbps must be within"),
        ({"online": "perhaps"}, "online must be true or false"),
    ],
)
def test_options_that_cannot_be(changes: dict, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        options(**changes)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "output_path is missing"),
        (["output_path={tmp}/out"], "no dataset in"),
        (["output_path={tmp}/out", "input_path={tmp}/nowhere"], "input_path must be a folder"),
        (["output_path={tmp}/out", "input_path={tmp}"], r"There is no .osz file"),
        (["output_path={tmp}/out", "opt_out_path={tmp}/none.txt"], "cannot be read"),
        (["output_path={tmp}/out", "online=true"], "online=true needs a token"),
        (["ouput_path=x"], "did you mean output_path?"),
    ],
)
def test_wrong_input_is_one_sentence_and_status_2(words, said, tmp_path, capsys, monkeypatch) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow comes with requirements-train.txt")
    for name in ("OSU_API_TOKEN", "OSU_CLIENT_ID", "OSU_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    assert run(build_dataset.BUILD, [word.format(tmp=tmp_path) for word in words]) == 2
    answer = capsys.readouterr().err.strip()
    assert said in answer
    assert answer.count("\n") == 0
    assert not (tmp_path / "out").exists(), "nothing is written"


def test_without_pyarrow_it_says_what_to_install(monkeypatch, tmp_path, capsys) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    assert run(build_dataset.BUILD, [f"output_path={tmp_path / 'out'}"]) == 2
    assert "pip install -r requirements-train.txt" in capsys.readouterr().err
