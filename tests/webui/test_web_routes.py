"""Pages, results, checks, presets and tags over HTTP."""

import pytest

from osu_beatmap.beatmap import GameMode
from osu_beatmap.files.writer import save_beatmap
from server.http import routes_jobs
from tests.server.sites import checked, client_of, ended, ordered, sent_song, settings_in
from tests.support.review_maps import regular_map
from tests.support.songs import write_song

OF_THIS_SONG = {"title": "T", "audio_path": {"upload": "a", "file": "b"}, "start_time": "5"}


@pytest.fixture(scope="module")
def job_id(client, song):
    return ended(client, ordered(client, song))["id"]


@pytest.mark.parametrize("path", ["/", "/mai-mod", "/api/docs"])
def test_pages_are_served_in_the_language_of_the_browser(client, path):
    assert '<html lang="de"' in client.get(path, headers={"accept-language": "de-AT,de;q=0.9,en;q=0.5"}).text
    assert '<html lang="en"' in client.get(path, headers={"accept-language": "tlh"}).text
    assert '<html lang="ja"' in client.get(path, headers={"accept-language": "ja"}).text
    chosen = {"cookie": "beatmaps-language=es", "accept-language": "de"}
    assert '<html lang="es"' in client.get(path, headers=chosen).text


def test_files_of_a_result_are_downloaded_and_pages_among_them_cannot_act(client, job_id):
    files = client.get(f"/api/jobs/{job_id}/files").json()
    assert [each["name"] for each in files] == ["a map.osz", "page.html"]
    answer = client.get(files[0]["url"])
    assert answer.content == b"PK"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    answer = client.get(f"/api/jobs/{job_id}/files/page.html", params={"inline": True})
    assert answer.headers["content-disposition"].startswith("inline")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "allow-same-origin" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize("name", ["job.json", "..%2fjob.json", "%2e%2e/job.json", "options.json", "..%5cjob.json"])
def test_only_files_of_the_result_are(client, job_id, name):
    answer = client.get(f"/api/jobs/{job_id}/files/{name}")
    assert answer.status_code in (404, 405) or "command" not in answer.text


@pytest.mark.parametrize("other", ["nobody", "..", "%2e%2e", "x/../y"])
def test_jobs_that_are_not_there_are_not_found(client, other):
    assert client.get(f"/api/jobs/{other}/log").status_code == 404


def test_maps_have_their_song_in_pieces(client, job_id):
    easy, hard = client.get(f"/api/jobs/{job_id}/maps").json()
    assert (easy["name"], easy["counts"], hard["audioUrl"]) == ("easy.osu", {"circles": 3}, None)
    answer = client.get(easy["audioUrl"], headers={"range": "bytes=0-3"})
    assert (answer.status_code, answer.content) == (206, b"RIFF")
    assert client.get(f"/api/jobs/{job_id}/maps/7/audio").status_code == 404
    assert client.get(f"/api/jobs/{job_id}/review").status_code == 404, "it was no review"


def test_a_result_can_be_gone_on_from(client, job_id):
    options = {"beatmap_path": {"job": job_id, "file": "easy.osu"}}
    answer = client.post("/api/jobs", json={"kind": "review", "options": options, "parent": job_id})
    assert answer.status_code == 201, answer.text
    assert answer.json()["parent"] == job_id
    assert answer.json()["command"] == "python mai_mod.py beatmap_path=easy.osu"
    for file in ("../job.json", "song.wav", "nothing.osu"):
        options = {"beatmap_path": {"job": job_id, "file": file}}
        assert client.post("/api/jobs", json={"kind": "review", "options": options}).status_code == 422


def test_a_wrong_order_is_refused_in_a_sentence(client, song):
    answer = client.post("/api/jobs", json={"kind": "generate", "options": {"audio_path": song, "difficulty": 31}})
    assert answer.status_code == 422
    assert answer.json() == {"detail": "difficulty must be within 0..12, got 31.", "option": "difficulty"}
    assert client.post("/api/jobs", json={"kind": "steal", "options": {}}).status_code == 422
    assert "kind" in client.post("/api/jobs", json={"options": {}}).json()["detail"]
    assert client.post("/api/jobs", content=b"{", headers={"content-type": "application/json"}).status_code == 422


def test_a_form_is_checked_as_the_command_line_is(client, song):
    several = checked(client, audio_path=song, difficulty="31", keycount="99", nonsense="1")
    assert set(several["errors"]) == {"difficulty", "keycount", "nonsense"}
    between = checked(client, audio_path=song, gamemode="0", keycount="4")
    assert "keycount is for mania" in between["problem"] and "keycount" in between["errors"]
    missing = checked(client)
    assert missing["problem"].startswith("audio_path is missing")
    given = {"difficulty": "5.5", "descriptors": ["skillset/jumps"], "super_timing": True, "title": ""}
    right = checked(client, audio_path=song, **given)
    assert (right["errors"], right["problem"]) == ({}, None)
    shown = "python inference.py audio_path=song.wav difficulty=5.5 'descriptors=[skillset/jumps]' super_timing=true"
    assert right["command"].replace('"', "'") == shown


def test_only_the_folder_of_the_server_has_to_be_writable(client, song, monkeypatch, tmp_path):
    """Not the one that the program was started in, nor that of a reference map."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "output").write_text("a file where a folder would be", encoding="utf-8")
    assert checked(client, audio_path=song)["problem"] is None
    problem = checked(client, audio_path=song, output_path=str(tmp_path / "output"))["problem"]
    assert "output_path must be a folder" in problem


def test_a_reference_map_fills_in_what_it_knows(client, tmp_path):
    save_beatmap(regular_map(GameMode.MANIA), tmp_path / "map.osu")
    (tmp_path / "audio.flac").write_bytes(b"fLaC")
    answer = checked(client, beatmap_path=str(tmp_path / "map.osu"))
    assert answer["problem"] is None
    filled = answer["filled"]
    assert (filled["gamemode"], filled["keycount"], filled["title"]) == (3, 4, "Regular")
    assert filled["difficulty"] > 0


def test_missing_names_are_proposed_in_latin_letters(client, tmp_path):
    song = write_song(tmp_path / "Кино - 夜.ogg", seconds=4.0)
    assert checked(client, audio_path=str(song))["missing_names"] == {"title": "Ye", "artist": "Kino"}
    other = write_song(tmp_path / "take.ogg", seconds=4.0)
    assert checked(client, audio_path=str(other))["missing_names"] == {"title": "take", "artist": "Unknown Artist"}


def test_presets_are_kept_and_forgotten(client):
    put = client.put("/api/presets/My style", json={"difficulty": "4.5", "seed": "3", **OF_THIS_SONG})
    assert put.json() == {"My style": {"difficulty": "4.5", "seed": "3"}}
    assert client.get("/api/presets").json() == put.json()
    assert client.put("/api/presets/x", json={"nonsense": 1}).status_code == 422
    assert client.put("/api/presets/%20", json={}).status_code == 422
    assert client.put("/api/presets/x", json={"creator": {"upload": "a", "file": "b"}}).status_code == 422
    assert "x" not in client.get("/api/presets").json()
    assert client.delete("/api/presets/My style").status_code == 204
    assert client.delete("/api/presets/My style").status_code == 404


def test_tags_are_those_of_the_mode_and_the_api_describes_itself(client):
    standard, mania = (client.get("/api/tags", params={"mode": mode}).json() for mode in (0, 3))
    assert "skillset/jumps" in {tag["full_name"] for tag in standard} - {tag["full_name"] for tag in mania}
    assert client.get("/api/tags", params={"mode": 9}).status_code == 422
    api = client.get("/api/openapi.json").json()
    assert {"/api/jobs", "/api/jobs/{job_id}/cancel", "/api/uploads"} <= set(api["paths"])
    assert all(operation["summary"] for methods in api["paths"].values() for operation in methods.values())


def test_the_folder_is_shown_on_this_computer_alone(client, job_id, monkeypatch, tmp_path):
    shown = []
    monkeypatch.setattr(routes_jobs, "show_folder", shown.append)
    assert client.post(f"/api/jobs/{job_id}/open-folder").status_code == 204
    assert [path.name for path in shown] == ["result"]
    with client_of(settings_in(tmp_path, host="0.0.0.0", hosts=("127.0.0.1",)), with_worker=False) as far:
        assert far.post(f"/api/jobs/{ordered(far, sent_song(far))}/open-folder").status_code == 403
