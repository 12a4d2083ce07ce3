"""The options of serve.py: the file that users read says what the dataclass says."""

from pathlib import Path

import pytest

from pipeline.cli.command_line import compose_config
from pipeline.request.options import RequestError
from serving.options import ServingOptions, resolve_serving


def test_the_yaml_shows_the_defaults_and_options_are_checked(tmp_path: Path) -> None:
    assert resolve_serving(compose_config("serve")) == ServingOptions()
    options = resolve_serving({"session_file": str(tmp_path / "s.json"), "idle_minutes": "2.5", "command": "STOP"})
    assert options == ServingOptions("stop", tmp_path / "s.json", idle_minutes=2.5)
    for wrong, sentence in (({"command": "dance"}, "command must be one of"), ({"prot": 3}, "did you mean port")):
        with pytest.raises(RequestError, match=sentence):
            resolve_serving(wrong)
