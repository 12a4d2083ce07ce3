"""Which mapsets are found where."""

import os

import pytest

from dataset_builder.errors import BuildError
from dataset_builder.sources.inputs import find_mapsets, fingerprint


def touch(path, content: bytes = b"") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def test_archives_and_folders_with_charts_at_any_depth(tmp_path):
    for name in ("b.osz", "a.OSZ", "packs/c.osz", "exports/d.olz", "notes.txt", "picture.zip"):
        touch(tmp_path / name)
    touch(tmp_path / "Songs" / "1 Nobody - Lamp" / "x.osu")
    touch(tmp_path / "Songs" / "1 Nobody - Lamp" / "sb" / "nested.osu")
    touch(tmp_path / "Songs" / "empty" / "audio.mp3")
    touch(tmp_path / "out" / "data" / "1" / "x.osu")  # what is built is no input
    found = find_mapsets(tmp_path, tmp_path / "out")
    names = [path.relative_to(tmp_path).as_posix() for path in found]
    assert sorted(names) == ["Songs/1 Nobody - Lamp", "a.OSZ", "b.osz", "exports/d.olz", "packs/c.osz"]


def test_the_store_of_lazer_is_explained(tmp_path):
    touch(tmp_path / "client.realm")
    touch(tmp_path / "files" / "1" / "1a" / "1a4792")
    with pytest.raises(BuildError, match=r"where osu!lazer keeps its files.*export mapsets.*exports"):
        find_mapsets(tmp_path, tmp_path / "out")
    touch(tmp_path / "exports" / "a.osz")
    assert find_mapsets(tmp_path, tmp_path / "out") == [tmp_path / "exports" / "a.osz"]


def test_no_folder_and_no_mapsets(tmp_path):
    with pytest.raises(BuildError, match=r"no \.osz file and no folder with \.osu files"):
        find_mapsets(tmp_path, tmp_path / "out")
    touch(tmp_path / "file.osz")
    for name in ("nowhere", "file.osz"):
        with pytest.raises(BuildError, match="input_path must be a folder"):
            find_mapsets(tmp_path / name, tmp_path / "out")


def test_a_changed_mapset_is_known_by_its_files(tmp_path):
    touch(tmp_path / "set" / "a.osu", b"one")
    touch(tmp_path / "set.osz", b"one")
    states = [fingerprint(tmp_path / name) for name in ("set", "set.osz")]
    assert states == [fingerprint(tmp_path / name) for name in ("set", "set.osz")]
    touch(tmp_path / "set" / "b.osu")
    os.utime(tmp_path / "set.osz", ns=(0, 0))
    assert all(a != b for a, b in zip(states, [fingerprint(tmp_path / n) for n in ("set", "set.osz")], strict=True))
