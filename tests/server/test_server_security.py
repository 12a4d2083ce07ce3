"""Who gets an answer: hosts, origins, the token, large bodies; and what pages may load."""

import re

import pytest

from pipeline.cli.command_line import compose_config
from pipeline.request.options import RequestError
from server.http.security import CONTENT_POLICY, MAX_JSON_BYTES, TOKEN_HEADER, cookie_name
from server.settings import ServerSettings, load_token, resolve_settings
from tests.server.sites import client_of, settings_in

PORT = 7270
OWN = f"http://127.0.0.1:{PORT}"
ORDER = {"kind": "generate", "options": {}}


@pytest.fixture
def client(tmp_path):
    with client_of(settings_in(tmp_path), with_worker=False) as client:
        yield client


@pytest.fixture
def stranger(client):
    """A browser without the token."""
    del client.headers[TOKEN_HEADER]
    return client


@pytest.mark.parametrize("host", [f"127.0.0.1:{PORT}", f"localhost:{PORT}", f"[::1]:{PORT}", f"LOCALHOST:{PORT}"])
def test_names_of_this_computer_are_answered(client, host):
    assert client.get("/api/jobs", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1", f"127.0.0.1:{PORT + 1}", ""])
def test_other_names_are_not(client, host):
    """A name of another site that was made to point here."""
    assert client.get("/api/jobs", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("origin", ["http://evil.example", "null", f"http://127.0.0.1:{PORT + 1}", "file://", ""])
def test_other_origins_are_refused_even_with_the_token(client, origin):
    for method, path in (("POST", "/api/jobs"), ("GET", "/api/jobs"), ("DELETE", "/api/jobs/x")):
        assert client.request(method, path, headers={"origin": origin}).status_code == 403


def test_our_own_origin_is_answered_and_pages_load_nothing_from_elsewhere(client):
    answer = client.post("/api/check", json=ORDER, headers={"origin": OWN})
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers
    answer = client.get("/")
    assert answer.headers["content-security-policy"] == CONTENT_POLICY
    assert "unsafe" not in CONTENT_POLICY and "default-src 'self'" in CONTENT_POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    refused = client.get("/", headers={TOKEN_HEADER: "wrong"})
    assert (refused.status_code, refused.headers["content-security-policy"]) == (403, CONTENT_POLICY)


@pytest.mark.parametrize("path", ["/", "/mai-mod", "/api/jobs", "/api/jobs/x/log", "/api/openapi.json", "/api/presets"])
def test_reading_needs_the_cookie_or_the_token(stranger, path):
    assert stranger.get(path).status_code == 403
    assert stranger.site.token not in stranger.get(path).text
    assert stranger.get(path, headers={TOKEN_HEADER: stranger.site.token}).status_code in (200, 404)
    stranger.cookies.set(cookie_name(PORT), stranger.site.token)
    assert stranger.get(path).status_code in (200, 404)


def test_changes_need_the_token_in_a_header(stranger):
    """Of every route, whatever is added later too."""
    paths = stranger.get("/api/openapi.json", headers={TOKEN_HEADER: stranger.site.token}).json()["paths"]
    changing = [(m.upper(), path) for path, methods in paths.items() for m in methods if m not in ("get", "head")]
    assert len(changing) >= 8
    stranger.cookies.set(cookie_name(PORT), stranger.site.token)
    for method, path in [*changing, ("OPTIONS", "/api/jobs")]:
        path = re.sub(r"\{\w+\}", "x", path)
        assert stranger.request(method, path).status_code == 403
        assert stranger.request(method, path, headers={TOKEN_HEADER: "wrong"}).status_code == 403
        assert stranger.request(method, f"{path}?token={stranger.site.token}").status_code == 403


def test_the_first_visit_sets_a_cookie_that_no_script_reads(stranger):
    answer = stranger.get(f"/?token={stranger.site.token}")
    assert answer.status_code == 200
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie
    assert stranger.get("/api/jobs").status_code == 200
    assert "set-cookie" not in stranger.get("/").headers


def test_large_bodies_are_refused_before_they_are_read(client):
    answer = client.post("/api/jobs", content=b"x" * (MAX_JSON_BYTES + 1))
    assert answer.status_code == 413

    def endless():
        for _ in range(3):
            yield b"x" * MAX_JSON_BYTES

    assert client.post("/api/jobs", content=endless()).status_code == 413
    assert client.post("/api/jobs", content=b"{}", headers={"content-length": "-5"}).status_code == 413


@pytest.mark.parametrize("path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2f..%2fREADME.md"])
def test_static_files_are_those_of_their_folder(client, path):
    assert client.get(path).status_code == 404


def test_the_yaml_shows_the_defaults_and_the_token_stays(tmp_path):
    shown = compose_config("web_ui")
    assert resolve_settings({**shown, "folder": str(tmp_path)}) == ServerSettings(folder=tmp_path)
    token = load_token(tmp_path)
    assert load_token(tmp_path) == token and len(token) >= 32
    (tmp_path / "token").write_text("short", encoding="ascii")
    assert load_token(tmp_path) not in (token, "short")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::"])
def test_letting_others_in_needs_a_name(host, tmp_path):
    with pytest.raises(RequestError, match="hosts="):
        resolve_settings({"host": host, "folder": str(tmp_path)})
    names = resolve_settings({"host": host, "folder": str(tmp_path), "hosts": "[studio.local]"}).names()
    assert "studio.local:7270" in names


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.8.8"])
def test_loopback_is_local(host):
    assert ServerSettings(host=host).is_local


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"port": 99999}, "port must be within"),
        ({"folders": "[/nowhere/at/all]"}, "folders must list existing folders"),
        ({"prot": 1}, "did you mean port"),
        ({"open_browser": "maybe"}, "open_browser must be true or false"),
    ],
)
def test_wrong_settings_are_named(options, sentence, tmp_path):
    with pytest.raises(RequestError, match=sentence):
        resolve_settings({"folder": str(tmp_path), **options})
