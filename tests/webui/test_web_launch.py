"""Starting and stopping the server as users do, and what is left of it when it is killed."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager

import psutil
import pytest

from server.launch import SERVER_FILE, find_session
from tests.source_files import REPO_ROOT
from tests.support.polling import PATIENCE_S, wait_for


def address_in(folder):
    place = folder / SERVER_FILE
    return json.loads(place.read_text(encoding="utf-8"))["address"] if place.is_file() else None


def status_at(address, folder):
    token = (folder / "token").read_text(encoding="ascii")
    asked = urllib.request.Request(f"{address}/api/status", headers={"X-Session-Token": token})
    try:
        with urllib.request.urlopen(asked, timeout=5) as answer:
            return json.load(answer)
    except (urllib.error.URLError, OSError):
        return None


@contextmanager
def server(folder, script):
    """A server as a process of its own, with its worker."""
    words = [sys.executable, script, "port=0", "open_browser=false", f"folder={folder}"]
    # The session of the user's own server is not to be replaced.
    own = {**os.environ, "XDG_RUNTIME_DIR": str(folder), "LOCALAPPDATA": str(folder)}
    process = subprocess.Popen(words, cwd=REPO_ROOT, env=own, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        address = wait_for(lambda: address_in(folder))
        wait_for(lambda: (status_at(address, folder) or {}).get("worker"))
        (worker,) = [
            child for child in psutil.Process(process.pid).children() if "server.processing.worker" in child.cmdline()
        ]
        yield process, address, worker
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def run(*words):
    return subprocess.run(
        [sys.executable, *words], cwd=REPO_ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


def is_gone(process):
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize(
    ("how", "script"), [("SIGINT", "web-ui.py"), ("SIGTERM", "mai_mod_ui.py"), ("SIGKILL", "web-ui.py")]
)
def test_nothing_is_left_of_a_stopped_server(tmp_path, how, script):
    with server(tmp_path, script) as (process, address, worker):
        if how == "SIGTERM":
            told = run("mai_mod_ui.py", "open_browser=false", f"folder={tmp_path}").stdout
            assert "is already running" in told and f"{address}/mai-mod?token=" in told, "a second start shows its page"
        process.send_signal(getattr(signal, how))
        process.wait(PATIENCE_S)
        wait_for(lambda: is_gone(worker))
        # Of a killed one its session is left, which nobody uses.
        assert find_session(tmp_path) is None
        assert how == "SIGKILL" or not list(tmp_path.rglob("server*.json"))


@pytest.mark.parametrize("script", ["web-ui.py", "mai_mod_ui.py"])
def test_help_and_wrong_options_are_answered_without_a_server(script):
    assert "open_browser" in run(script, "-h").stdout
    wrong = run(script, "port=99999")
    assert (wrong.returncode, "port must be within" in wrong.stderr) == (2, True)
    assert "Traceback" not in wrong.stderr


def test_the_server_itself_loads_no_model():
    """What takes seconds and memory is for the worker."""
    code = (
        "import sys, webui.app, server.site; from webui.form import form_of; form_of('generate'); form_of('review')\n"
        "print([name for name in ('torch', 'transformers', 'av', 'scipy') if name in sys.modules])"
    )
    assert run("-c", code).stdout.strip() == "[]"
