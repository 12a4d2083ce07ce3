"""Timing of a song on the server: predicted once, corrected, kept for all of its maps."""

import json

import pytest

from osu_beatmap.files.reader import read_beatmap
from server.storage.timings import Timings
from tests.server.sites import SONG, checked, ended

LINES = [{"time_ms": 718.5, "bpm": 87.25, "meter": 3}]


@pytest.fixture
def timed(client, song) -> str:
    """The id of a song whose timing was predicted."""
    answer = client.post("/api/timings", json={"audio_path": song})
    return json.loads(answer.text.splitlines()[-1])["song"]


def test_a_song_is_timed_once_whatever_it_is_called(client, song, timed):
    assert client.get(f"/api/timings/{timed}").json()["lines"][0]["bpm"] == 120.0
    again = client.post("/api/uploads", params={"name": "other.wav"}, content=SONG).json()["ref"]
    assert client.post("/api/timings", json={"audio_path": again}).text == json.dumps({"song": timed}) + "\n"
    assert client.get(f"/api/timings/{timed}/audio").content == SONG
    assert client.get("/api/jobs").json()["jobs"] == [], "it is no job that a list shows"


def test_another_version_of_the_program_predicts_anew(client, song, timed, monkeypatch):
    monkeypatch.setattr("server.storage.timings.program_stamp", lambda: "other")
    later = Timings(client.site.timings.folder)
    assert later.analysis(timed) is None
    later.add(client.site.timings.audio(timed))
    assert client.get(f"/api/timings/{timed}").status_code == 404, "the old prediction is removed"


def test_kept_lines_are_those_of_all_maps_of_the_song(client, song, timed):
    assert checked(client, audio_path=song)["timing"] is None
    kept = client.put(f"/api/timings/{timed}", json={"lines": LINES}).json()
    assert kept["lines"] == LINES
    assert checked(client, audio_path=song)["timing"] == kept
    options = {"audio_path": song, "beatmap_path": kept["ref"], "in_context": ["TIMING"]}
    answer = checked(client, **options)
    assert (answer["errors"], answer["problem"]) == ({}, None)
    job = client.post("/api/jobs", json={"kind": "generate", "options": options}).json()
    assert ended(client, job["id"])["state"] == "done"
    given = json.loads((client.site.jobs.folder / job["id"] / "options.json").read_text(encoding="utf-8"))
    client.put(f"/api/timings/{timed}", json={"lines": [{"time_ms": 0, "bpm": 200}]})
    (line,) = read_beatmap(given["beatmap_path"]).timing_points
    assert (line.time_ms, line.bpm, line.meter) == pytest.approx((718.5, 87.25, 3)), "a job keeps its lines"
    assert client.delete(f"/api/timings/{timed}").status_code == 204
    assert checked(client, audio_path=song)["timing"] is None


@pytest.mark.parametrize(
    "lines", [[], [{"time_ms": 0, "bpm": 0}], [{"time_ms": 0, "bpm": "nan"}], [{"time_ms": 1e12, "bpm": 1}]]
)
def test_lines_that_no_song_has_are_refused(client, timed, lines):
    assert client.put(f"/api/timings/{timed}", json={"lines": lines}).status_code == 422


@pytest.mark.parametrize("song", ["0" * 32, "../../token", "x"])
def test_songs_that_were_not_timed_are_not_found(client, song):
    for answer in (client.get(f"/api/timings/{song}"), client.get(f"/api/timings/{song}/audio"),
                   client.put(f"/api/timings/{song}", json={"lines": LINES})):  # fmt: skip
        assert answer.status_code in (404, 405, 422)
    ref = {"timing": song, "file": "../token"}
    assert "no longer exists" in (problem := checked(client, beatmap_path=ref)["problem"]) or "no such song" in problem


def test_a_song_that_is_no_file_is_refused(client):
    answer = client.post("/api/timings", json={"audio_path": "/nowhere/song.mp3"})
    assert answer.status_code == 422 and "audio_path" in answer.json()["detail"]
