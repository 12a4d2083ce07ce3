"""Uploads: told apart by content, limited, and never written where their names say."""

import io
import os
import zipfile
from dataclasses import replace

import pytest

from osu_beatmap.files.writer import write_beatmap
from server.storage import uploads
from tests.server.sites import SONG, checked, client_of, sent_song, settings_in
from tests.support.review_maps import regular_map

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
HOSTILE_NAMES = [
    "../../../outside.wav",
    "..\\..\\outside.wav",
    "/etc/outside.wav",
    "C:\\outside.wav",
    "a/b/../../../outside.wav",
    "..",
    ".",
    "",
    "con.wav",
    "x\x00y.wav",
    "\n.wav",
    "é" * 250 + ".wav",
    "upload.json",
    ".hidden",
]


@pytest.fixture
def client(tmp_path):
    with client_of(settings_in(tmp_path / "site"), with_worker=False) as client:
        yield client


def send(client, name, content):
    return client.post("/api/uploads", params={"name": name}, content=content)


def map_text(version="Hard", audio="song.wav", background=""):
    beatmap = replace(regular_map(beats=8), audio_filename=audio, background=background)
    beatmap.metadata.version = version
    return write_beatmap(beatmap).encode()


def archive(**files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as osz:
        for name, data in files.items():
            osz.writestr(name, data)
    return content.getvalue()


def nothing_is_left(client):
    return not list(client.site.uploads.folder.iterdir())


def test_songs_and_maps_are_known_by_their_content(client):
    answer = send(client, "Artist - Title.wav", SONG).json()
    assert (answer["kind"], answer["name"], answer["bytes"]) == ("audio", "Artist - Title.wav", len(SONG))
    path = client.site.uploads.find(answer["ref"]["upload"], answer["ref"]["file"])
    assert path.name == "Artist - Title.wav" and path.read_bytes() == SONG
    answer = send(client, "map.osu", map_text()).json()
    assert answer["kind"] == "beatmap"
    (shown,) = answer["maps"]
    assert (shown["version"], shown["mode"], shown["ref"]) == ("Hard", 0, answer["ref"])
    assert shown["stars"] > 0


@pytest.mark.parametrize(
    "start", [b"ID3\x04", b"OggS", b"fLaC", b"\xff\xfb\x90\x00", b"\x00\x00\x00\x20ftypM4A ", SONG]
)
def test_songs_of_all_kinds_are_taken(client, start):
    assert send(client, "song", start + bytes(64)).json()["kind"] == "audio"


def test_a_mapset_is_unpacked_for_its_maps_and_songs(client):
    files = {"hard.osu": map_text(background="bg.png"), "easy.osu": map_text("Easy"), "song.wav": SONG, "bg.png": PNG}
    answer = send(client, "set.osz", archive(**files, **{"video.avi": b"not wanted"})).json()
    assert sorted(each["version"] for each in answer["maps"]) == ["Easy", "Hard"]
    folder = client.site.uploads.find(answer["ref"]["upload"], answer["ref"]["file"]).parent
    assert sorted(path.name for path in folder.iterdir()) == ["bg.png", "easy.osu", "hard.osu", "set.osz", "song.wav"]
    assert answer["audio"] == {"upload": answer["id"], "file": "song.wav"}


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_names_lead_nowhere(client, name, tmp_path):
    """The only new files are below the folder of this upload."""
    answer = send(client, name, SONG)
    assert answer.status_code == 201, answer.text
    upload = client.site.uploads.folder / answer.json()["id"]
    new = {path for path in tmp_path.rglob("*") if path.is_file() and path.name != "token"}
    assert all(path.is_relative_to(upload) for path in new)
    found = client.site.uploads.find(answer.json()["id"], answer.json()["ref"]["file"])
    assert found.parent == upload / uploads.FILES_FOLDER


@pytest.mark.parametrize("entry", ["../evil.osu", "/etc/evil.osu", "a/../../evil.osu", "C:\\evil.osu", "..\\evil.osu"])
def test_archives_that_point_outside_are_refused(client, entry):
    answer = send(client, "set.osz", archive(**{entry: map_text(), "hard.osu": map_text()}))
    assert answer.status_code == 415
    assert "points outside" in answer.json()["detail"]
    assert nothing_is_left(client)


def test_a_map_that_names_its_record_as_its_song_does_no_harm(client):
    content = archive(**{"hard.osu": map_text(audio="upload.json"), "upload.json": b'{"files": ["../../token"]}'})
    answer = send(client, "set.osz", content).json()
    assert checked(client, audio_path={"upload": answer["id"], "file": "../../token"})["problem"]


def test_bombs_are_refused(client, monkeypatch):
    bomb = archive(**{"hard.osu": map_text(), "song.wav": bytes(20 << 20)})
    assert len(bomb) < 1 << 20
    limits = uploads.OszLimits(max_total_bytes=10 << 20, max_beatmap_bytes=1 << 20, max_files=10)
    monkeypatch.setattr(uploads, "ARCHIVE_LIMITS", limits)
    assert send(client, "set.osz", bomb).status_code == 415
    assert send(client, "set.osz", archive(**{"a.osu": b"osu file format v14\n" + bytes(2 << 20)})).status_code == 415
    many = archive(**{f"{number}.txt": b"" for number in range(20)}, **{"hard.osu": map_text()})
    assert send(client, "set.osz", many).status_code == 415
    assert nothing_is_left(client)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("song.mp3", b"MZ\x90\x00 this is a program"),
        ("song.mp3", b"<html><script>alert(1)</script>"),
        ("map.osu", b"#!/bin/sh\nrm -rf /"),
        ("set.osz", b"Rar!\x1a\x07"),
        ("set.osz", b"PK\x03\x04 and then nothing that unpacks"),
        ("page.html", b"osu file for"),
        ("empty.mp3", b""),
        ("map.osu", b"osu file format v14\n\n[General]\nMode: 9\n"),
    ],
)
def test_other_files_are_refused_whatever_they_are_called(client, name, content):
    answer = send(client, name, content)
    assert answer.status_code == 415, answer.text
    assert nothing_is_left(client)


def test_large_files_are_refused_as_they_come(tmp_path):
    with client_of(settings_in(tmp_path), with_worker=False) as client:
        client.site.uploads.max_bytes = 1000

        def chunks():
            for _ in range(10):
                yield SONG * 3

        answer = client.post("/api/uploads", params={"name": "song.wav"}, content=chunks())
        assert answer.status_code == 413
        assert nothing_is_left(client)


def test_only_files_of_an_upload_are_found_and_for_files_alone(client):
    song = sent_song(client)
    names = ("other.wav", "../token", "..", "upload.json", "files")
    ids = ("..", ".", "", "../jobs", song["upload"] + "/files")
    refs = [*({**song, "file": name} for name in names), *({**song, "upload": upload_id} for upload_id in ids)]
    wrong = [{"audio_path": ref} for ref in refs]
    wrong += [{"audio_path": song, option: song} for option in ("title", "model_path", "seed")]
    for options in wrong:
        answer = client.post("/api/jobs", json={"kind": "generate", "options": options})
        assert answer.status_code == 422, options


def test_paths_stay_within_the_chosen_folders(tmp_path):
    music, elsewhere = tmp_path / "music", tmp_path / "elsewhere"
    for folder in (music, elsewhere):
        folder.mkdir()
        (folder / "song.wav").write_bytes(SONG)
    (music / "link.wav").symlink_to(elsewhere / "song.wav") if os.name != "nt" else None
    with client_of(settings_in(tmp_path / "site", folders=(music,)), with_worker=False) as client:
        inside = {"audio_path": str(music / "song.wav")}
        assert checked(client, **inside)["problem"] is None
        outside = [elsewhere / "song.wav", music / ".." / "elsewhere" / "song.wav"]
        for path in [*outside, *([music / "link.wav"] if os.name != "nt" else [])]:
            assert "folders that the server may use" in checked(client, audio_path=str(path))["problem"]
        for wrong in ({"output_path": str(elsewhere)}, {"model_path": str(elsewhere)}, {"model_path": "../elsewhere"}):
            assert "folders that" in checked(client, **inside, **wrong)["problem"]


@pytest.mark.parametrize("kind", ["generate", "review"])
@pytest.mark.parametrize("named", ["../../../outside.wav", "/outside.wav", "..\\..\\..\\outside.wav"])
def test_a_map_names_no_song_outside_its_folder(client, tmp_path, kind, named):
    (tmp_path / "site" / "outside.wav").write_bytes(SONG)
    named = str(tmp_path / "site" / "outside.wav") if named.startswith("/") else named
    ref = send(client, "map.osu", map_text(audio=named)).json()["ref"]
    # Where a backslash is a letter, there is simply no such file.
    assert checked(client, kind, beatmap_path=ref)["problem"] or "\\" in named
    assert checked(client, kind, beatmap_path=ref, audio_path=sent_song(client))["problem"] is None


def test_old_uploads_are_dropped_and_used_ones_kept(client, monkeypatch):
    used, unused = sent_song(client), sent_song(client)
    client.post("/api/jobs", json={"kind": "generate", "options": {"audio_path": used}})
    monkeypatch.setattr(uploads, "MAX_AGE_S", -1.0)
    client.site.uploads.drop_old(client.site.references.used_uploads())
    assert [place.name for place in client.site.uploads.folder.iterdir()] == [used["upload"]]
    assert unused["upload"] != used["upload"]


def test_a_full_folder_takes_no_more(client, monkeypatch):
    sent_song(client)
    monkeypatch.setattr(uploads, "MAX_ALL_BYTES", 10)
    assert send(client, "song.wav", SONG).status_code == 507
