"""The blind test: pairs of excerpts, a page without names in one file, and the count of its votes."""

import json
import re
from base64 import b64decode

import numpy as np
import pytest
import soundfile

from benchmarks.blind_test import sheet, votes
from benchmarks.blind_test.excerpts import NamedMap, anonymous_excerpt, choose_excerpts
from feedback.errors import UserError
from osu_beatmap.beatmap import GameMode
from osu_beatmap.files.writer import save_beatmap
from tests.osu_beatmap.profile.profile_maps import circles, map_of
from tests.webui.live_browser import browser

LENGTH_MS = 4000.0


def long_map(creator: str, mode: GameMode = GameMode.STANDARD, title: str = "Song"):
    beatmap = map_of(circles(range(80)), mode, title=title)
    beatmap.metadata.creator = creator
    beatmap.combo_colours = [(1, 2, 3)]
    return beatmap


def named(creator: str, **more) -> NamedMap:
    return NamedMap(f"{creator}.osu", long_map(creator, **more))


@pytest.fixture
def folders(tmp_path):
    generated, humans = tmp_path / "generated", tmp_path / "humans"
    for folder, creator in ((generated, "Machine"), (humans / "set", "Mapper")):
        folder.mkdir(parents=True)
        beatmap = long_map(creator)
        beatmap.audio_filename = "song.wav"
        save_beatmap(beatmap, folder / f"{creator}.osu")
    soundfile.write(humans / "set" / "song.wav", np.zeros(42 * 8000), 8000)
    return generated, humans


def make_sheet(folders, path, monkeypatch, *more: str) -> int:
    words = ["sheet", *map(str, folders), str(path), "--pairs", "3", "--seconds", "4", *more]
    monkeypatch.setattr("sys.argv", words)
    return sheet.main()


def test_excerpts_are_apart_and_their_order_depends_on_the_seed_alone():
    def chosen(seed: int):
        return choose_excerpts([named("machine")], [named("human")], 6, LENGTH_MS, seed)

    starts_ms = sorted(pair.start_ms for pair in chosen(1))
    assert len(starts_ms) == 6
    assert min(np.diff(starts_ms)) >= LENGTH_MS
    assert [(pair.start_ms, pair.generated_is_a) for pair in chosen(1)] == [
        (pair.start_ms, pair.generated_is_a) for pair in chosen(1)
    ]
    assert len({pair.generated_is_a for seed in range(3) for pair in chosen(seed)}) == 2
    assert len({tuple(pair.start_ms for pair in chosen(seed)) for seed in range(3)}) == 3


def test_modes_come_in_turn_and_other_songs_are_not_paired():
    modes = (GameMode.STANDARD, GameMode.TAIKO)
    generated = [named(f"machine {mode}", mode=mode) for mode in modes] + [named("lone", title="Another song")]
    humans = [named(f"human {mode}", mode=mode) for mode in modes]
    pairs = choose_excerpts(generated, humans, 4, LENGTH_MS, 1)
    assert sorted(pair.maps.human.beatmap.mode for pair in pairs) == [0, 0, 1, 1]
    assert all(pair.sides[0].mode is pair.sides[1].mode for pair in pairs)


def test_an_excerpt_begins_at_zero_without_names_and_colours():
    part = anonymous_excerpt(long_map("Mapper"), 6000.0, LENGTH_MS)
    assert [obj.time_ms for obj in part.hit_objects][:2] == [0.0, 500.0]
    assert part.hit_objects[-1].time_ms < LENGTH_MS
    assert (part.metadata.creator, part.metadata.title, part.combo_colours) == ("", "", [])


def test_the_page_is_one_file_without_answers(folders, tmp_path, monkeypatch):
    path = tmp_path / "sheet.html"
    assert make_sheet(folders, path, monkeypatch) == 0
    page = path.read_text(encoding="utf-8")
    assert not re.search(r"Machine|Mapper|\bSong\b", page)
    assert not re.search(r'(src|href)="', page), "nothing is loaded"
    answers = json.loads((tmp_path / "sheet.answers.json").read_text(encoding="utf-8"))
    assert [pair["generated_map"] for pair in answers["pairs"]] == ["Machine.osu"] * 3
    assert not make_sheet(folders, tmp_path / "again.html", monkeypatch)
    assert (tmp_path / "again.html").read_text(encoding="utf-8") == page
    assert make_sheet((folders[0], folders[0]), path, monkeypatch) == 1, "without songs there is nothing to show"


def test_every_module_of_the_player_is_found_by_name():
    found = sheet.modules()
    for url in found.values():
        code = b64decode(url.partition(",")[2]).decode()
        assert set(re.findall(r'from "([^"]+)"', code)) <= set(found)


def test_votes_are_counted_by_mode():
    answers = {"sheet": "s", "pairs": [{"human": "A", "mode": "taiko"}, {"human": "B", "mode": "mania"}]}
    cast = [{"sheet": "s", "votes": {"1": "A", "2": "unsure"}}, {"sheet": "s", "votes": {"1": "B"}}]
    lines = votes.count_table(answers, cast).splitlines()
    assert lines[2].startswith("| mania | 1 | 1 | - |")
    assert lines[3].startswith("| taiko | 2 | 0 | 0.50 |")
    with pytest.raises(UserError, match="sheet other"):
        votes.count_table(answers, [{"sheet": "other", "votes": {}}])


def test_a_voter_votes_and_sees_the_result(folders, tmp_path, monkeypatch):
    path = tmp_path / "sheet.html"
    make_sheet(folders, path, monkeypatch)
    with browser() as opened:
        page = opened.new_page()
        page.goto(path.as_uri())
        page.locator(".preview-facts", has_text="objects").first.wait_for()
        for choice in ("A is by a human", "B is by a human", "I cannot tell"):
            page.get_by_role("button", name=choice).click()
            if choice != "I cannot tell":
                page.get_by_role("button", name="Next pair").click()
        page.locator("#answers").set_input_files(path.with_suffix(".answers.json"))
        page.get_by_text("of 2 votes for A or B name the human-made map").wait_for()
        result = json.loads(page.locator("#result").inner_text())
    assert result["votes"] == {"1": "A", "2": "B", "3": "unsure"}
    answers = json.loads(path.with_suffix(".answers.json").read_text(encoding="utf-8"))
    assert result["right"] == sum(answers["pairs"][at]["human"] == "AB"[at] for at in (0, 1))
