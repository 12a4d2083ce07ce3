"""The options of serve.py: the file that users read says what the dataclass says."""

from pathlib import Path

import pytest

from pipeline.cli.command_line import compose_config
from pipeline.request.options import RequestError
from server.session import default_path
from server.settings import FOLDER_WITHOUT_PAGE, ServerSettings, resolve_serving


def test_the_yaml_shows_the_defaults_and_options_are_checked(tmp_path: Path) -> None:
    usual = ServerSettings(port=0, max_jobs=4, folder=FOLDER_WITHOUT_PAGE, open_browser=False)
    shown = {**compose_config("serve"), "command": "status"}
    assert resolve_serving(shown) == resolve_serving({"command": "status"}) == ("status", usual)
    assert usual.session_path == default_path()
    given = {"session_file": str(tmp_path / "s.json"), "idle_minutes": "2.5", "folder": str(tmp_path)}
    command, settings = resolve_serving(given)
    assert (command, settings.session_path, settings.idle_minutes) == ("serve", tmp_path / "s.json", 2.5)
    for wrong, sentence in (({"command": "dance"}, "command must be one of"), ({"prot": 3}, "did you mean port")):
        with pytest.raises(RequestError, match=sentence):
            resolve_serving({"folder": str(tmp_path), **wrong})
