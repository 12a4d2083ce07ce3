"""The options of serve.py: the file that users read says what the dataclass says."""

from dataclasses import fields
from pathlib import Path

import pytest

from pipeline.cli.command_line import compose_config
from pipeline.request.options import RequestError
from serving.options import READERS, ServingOptions, resolve_serving


def test_yaml_readers_and_dataclass_agree() -> None:
    shown = compose_config("serve")
    assert set(shown) == set(READERS) == {field.name for field in fields(ServingOptions)}
    assert resolve_serving(shown) == ServingOptions()


def test_options_are_read_and_checked(tmp_path: Path) -> None:
    options = resolve_serving({"session_file": str(tmp_path / "s.json"), "idle_minutes": "2.5", "command": "STOP"})
    assert options == ServingOptions("stop", tmp_path / "s.json", idle_minutes=2.5)
    for wrong, sentence in (({"command": "dance"}, "command must be one of"), ({"prot": 3}, "did you mean port")):
        with pytest.raises(RequestError, match=sentence):
            resolve_serving(wrong)
