"""What the osu! API adds, from a small server on this machine."""

import json
import threading
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from dataset_builder.errors import BuildError
from dataset_builder.sources import online
from dataset_builder.sources.online import read_cached_answers, request_facts, token_from_environment, with_online

MAPSET = {
    "id": 7,
    "creator": "Host",
    "user_id": 70,
    "status": "ranked",
    "ranked": 1,
    "ranked_date": "2020-02-06T14:02:45+01:00",
    "submitted_date": "2019-06-18T12:02:28Z",
    "last_updated": "not a date",
    "genre": {"id": 11, "name": "Metal"},
    "language": None,
    "description": {"description": "<b>hello</b>"},
    "availability": {"download_disabled": False},
    "ratings": [0, 1],
    "beatmaps": [
        {"id": 71, "checksum": "aa", "user_id": 71, "difficulty_rating": 4.5, "playcount": 3, "ranked": 1},
        {
            "id": 72,
            "checksum": "changed",
            "user_id": 72,
            "difficulty_rating": 2.5,
            "owners": [{"id": 72}, {"id": 73}],
            "top_tag_ids": [{"tag_id": 5, "count": 2}],
        },
    ],
}


class OsuApi(BaseHTTPRequestHandler):
    """Knows mapset 7; is busy the first time it is asked about 8; gives tokens."""

    asked: list[str]
    busy_times = 1

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.headers["Authorization"] != "Bearer sesame":
            self.reply(401, {})
        elif self.path == "/api/v2/beatmapsets/7":
            self.reply(200, MAPSET)
        elif self.path == "/api/v2/beatmapsets/8" and self.asked.count(self.path) > self.busy_times:
            self.reply(200, {"id": 8})
        elif self.path == "/api/v2/beatmapsets/8":
            self.reply(429, {})
        else:
            self.reply(404, {"error": "null"})

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        client = {"client_id": ["1"], "client_secret": ["hush"]}
        good = form == {**client, "grant_type": ["client_credentials"], "scope": ["public"]}
        self.asked.append(self.path)
        self.reply(200 if good else 401, {"access_token": "sesame"} if good else {})

    def reply(self, status: int, content: dict) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    OsuApi.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), OsuApi)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name in ("PAUSE_S", "RETRY_PAUSE_S"):
        monkeypatch.setattr(online, name, 0.0)
    for name in (online.TOKEN_VARIABLE, *online.CLIENT_VARIABLES):
        monkeypatch.delenv(name, raising=False)
    yield f"http://127.0.0.1:{server.server_port}/api/v2"
    server.shutdown()
    server.server_close()


def test_each_mapset_is_asked_about_once(api: str, tmp_path: Path) -> None:
    request_facts([7, 9, -5, 7, 8], tmp_path, api, "sesame")
    assert OsuApi.asked == [f"/api/v2/beatmapsets/{number}" for number in (7, 8, 8, 9)], "8 was busy at first"
    assert read_cached_answers(tmp_path) == {7: MAPSET, 8: {"id": 8}, 9: {}}
    OsuApi.asked.clear()
    request_facts([7, 8, 9], tmp_path, api, "sesame")
    assert OsuApi.asked == []
    with (tmp_path / online.ANSWERS_FILE).open("ab") as file:
        file.write(b'{"id": 10, "ans')
    assert set(read_cached_answers(tmp_path)) == {7, 8, 9}, "what was cut short is asked for again"


def test_a_server_that_stays_busy_ends_the_build(api: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OsuApi, "busy_times", 99)
    with pytest.raises(BuildError, match=r"status 429.*run it again later"):
        request_facts([7, 8], tmp_path, api, "sesame")
    assert set(read_cached_answers(tmp_path)) == {7}, "what was answered is kept"


def test_a_token_that_is_not_accepted_and_an_address_that_is_none(api: str, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="rejected the token"):
        request_facts([7], tmp_path, api, "wrong")
    with pytest.raises(BuildError, match="api_url must be an address"):
        request_facts([7], tmp_path, "file:///etc", "sesame")


def test_where_tokens_come_from(api: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BuildError, match=r"online=true needs a token.*OSU_API_TOKEN"):
        token_from_environment(api)
    for name, value in zip(online.CLIENT_VARIABLES, ("1", "hush"), strict=True):
        monkeypatch.setenv(name, value)
    assert token_from_environment(api) == "sesame"
    assert OsuApi.asked == ["/oauth/token"]
    monkeypatch.setenv(online.TOKEN_VARIABLE, " given ")
    assert token_from_environment(api) == "given"


def test_a_row_gains_what_only_the_api_knows() -> None:
    row = {"Checksum": "aa", "Id": 5, "StarRating": [1.0] * 7, "Title": "Lamp", "Creator": "host", "GenreName": None}
    full = with_online(row, MAPSET)
    assert full["RankedDate"] == datetime(2020, 2, 6, 13, 2, 45)
    assert full["SubmittedDate"] == datetime(2019, 6, 18, 12, 2, 28)
    assert (full["Creator"], full["UserId"], full["BeatmapSetUserId"], full["Ranked"]) == ("Host", 71, 70, 1)
    assert (full["GenreId"], full["GenreName"], full["Description"]) == (11, "Metal", "<b>hello</b>")
    assert (full["DifficultyRating"], full["PlayCount"], full["Title"]) == (4.5, 3, "Lamp")
    assert (full["Id"], full["StarRating"]) == (5, [1.0] * 7), "what the dataset itself decides stays"
    assert "LanguageName" not in full
    assert full.get("BeatmapSetLastUpdated") is None


def test_a_chart_is_found_by_its_content_and_else_by_its_number() -> None:
    by_number = with_online({"Checksum": "mine", "Id": 72}, MAPSET)
    assert (by_number["UserId"], by_number["Owners"]) == (72, [72, 73])
    assert (by_number["TopTagIds"], by_number["TopTagCounts"]) == ([5], [2])
    unknown = {"Checksum": "mine", "Id": 1}
    assert with_online(unknown, None) == with_online(unknown, {}) == unknown
    nobody = with_online(unknown, MAPSET)
    assert nobody["BeatmapSetStatus"] == "ranked"
    assert "UserId" not in nobody
