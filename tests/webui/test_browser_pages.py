"""The pages in a real browser, with the real worker and the embedded model on a song of seconds."""

import io
import json
import re
import zipfile
from pathlib import Path

import pytest

from demo.live_pages import live_server
from osu_beatmap.beatmap import GameMode
from osu_beatmap.files.archive import read_osz
from osu_beatmap.files.writer import write_beatmap
from tests.support.polling import wait_for
from tests.support.review_maps import regular_map
from tests.support.songs import write_song
from tests.webui.live_browser import new_page

IS_NOT_BLANK = """canvas => {
  const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  const colours = new Set();
  for (let i = 0; i < data.length; i += 4) colours.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
  return colours.size > 20;
}"""

HELD_END = """() => {
  const later = setTimeout;
  window.setTimeout = (call, ms, ...values) => {
    if (ms < 8000) return later(call, ms, ...values);
    window.end = call;
  };
}"""
"""What is done after eight seconds, which is when it is too late to bring back a job, is done by `end()`."""


@pytest.fixture(scope="module")
def song(tmp_path_factory) -> Path:
    return write_song(tmp_path_factory.mktemp("song") / "song.ogg", seconds=8.0, offset_ms=1000.0)


@pytest.fixture(scope="module")
def server(tmp_path_factory, chromium):
    with live_server(tmp_path_factory.mktemp("site") / "folder") as running:
        yield running


@pytest.fixture
def page(chromium):
    with new_page(chromium) as page:
        yield page


def order(page, server, song: Path, title: str) -> None:
    """Orders a map on the page that makes maps."""
    page.goto(server.page())
    page.set_input_files("input[type=file] >> nth=0", song)
    page.evaluate("for (const each of document.querySelectorAll('form details')) each.open = true")
    for option, value in {"title": title, "artist": "Nobody", "seed": "1"}.items():
        page.locator(f"[data-option={option}] input").fill(value)
    page.click("button[type=submit]:enabled")


@pytest.fixture(scope="module")
def made(chromium, server, song) -> str:
    """The title of a map that was ordered on the page, and is done."""
    with new_page(chromium) as page:
        order(page, server, song, "First")
        page.locator(".job progress, .job .badge.done").first.wait_for()
        card(page, "First").locator(".badge.done").wait_for()
    return "First"


def card(page, title: str):
    """A job that is done: until then it is called after its song."""
    return page.locator(".job", has=page.locator("h3", has_text=title))


def open_player(page, within) -> None:
    within.get_by_role("button", name="See and hear it").first.click()
    page.wait_for_selector(".preview-field")
    page.wait_for_selector(".preview-note", state="detached")


def position_ms(page) -> float:
    return float(page.locator(".preview-scrub").input_value())


def jobs_of(page) -> list[dict]:
    return page.evaluate("fetch('/api/jobs?after=0').then(answer => answer.json())")["jobs"]


def test_a_map_is_made_played_and_remade_in_part(page, server, made):
    page.goto(server.page())
    own = card(page, made)
    own.locator(".badge.done").wait_for()
    assert own.locator(".stars").count() == 1
    job = jobs_of(page)[0]
    open_player(page, own)

    page.locator(".preview-play").click()
    page.wait_for_function("() => Number(document.querySelector('.preview-scrub').value) > 300")
    page.locator(".preview-play").click()
    first_ms = page.evaluate(
        "url => fetch(url).then(answer => answer.json()).then(map => map.objects[0].time)",
        f"/api/jobs/{job['id']}/maps/0/preview",
    )
    page.locator(".preview-scrub").fill(str(round(first_ms)))
    page.wait_for_timeout(200)
    assert page.locator(".preview-field").evaluate(IS_NOT_BLANK)
    assert page.locator(".preview-timeline").evaluate(IS_NOT_BLANK)

    before = position_ms(page)
    page.locator(".preview").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("before => Number(document.querySelector('.preview-scrub').value) > before", arg=before)

    strip = page.locator(".preview-timeline").bounding_box()
    page.mouse.move(strip["x"] + 0.4 * strip["width"], strip["y"] + 30)
    page.mouse.down()
    page.mouse.move(strip["x"] + 0.8 * strip["width"], strip["y"] + 30, steps=4)
    page.mouse.up()
    own.get_by_role("button", name="Regenerate the selected part").click()
    version = own.locator(".version")
    version.locator(".badge.done").wait_for()
    assert job["id"] in [each["parent"] for each in jobs_of(page)]
    open_player(page, version)
    page.evaluate(HELD_END)
    version.get_by_role("button", name="Undo").click()
    version.wait_for(state="detached")
    assert job["id"] in [each["parent"] for each in jobs_of(page)], "it can still be brought back"
    page.evaluate("window.end()")
    wait_for(lambda: job["id"] not in [each["parent"] for each in jobs_of(page)])
    assert own.locator(".badge.done").count() == 1


def mapset_bytes(song: Path) -> bytes:
    """A mapset whose only map has an object off its beat."""
    beatmap = regular_map(GameMode.STANDARD, beats=16)
    beatmap.audio_filename = "song.ogg"
    beatmap.hit_objects[15].time_ms += 11.0
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("map.osu", write_beatmap(beatmap))
        archive.write(song, "song.ogg")
    return data.getvalue()


def test_a_map_is_reviewed_and_mended(page, server, song, tmp_path):
    page.goto(server.page("/mai-mod"))
    sent = {"name": "set.osz", "mimeType": "application/zip", "buffer": mapset_bytes(song)}
    page.set_input_files("input[type=file]", sent)
    page.click("button[type=submit]:enabled")
    page.locator(".suggestion").first.wait_for()
    page.wait_for_selector(".preview-note", state="detached")
    everything = page.locator(".suggestion").count()
    assert "BPM, confidence" in page.locator(".review-columns p[title]").get_attribute("title")

    fixable = page.locator(".suggestion", has=page.locator(".fix")).first
    assert fixable.locator("a").get_attribute("href").startswith("osu://edit/")
    before = position_ms(page)
    fixable.locator(".jump").click()
    page.wait_for_function("before => Number(document.querySelector('.preview-scrub').value) != before", arg=before)
    assert fixable.get_attribute("aria-current") == "true"

    chip = page.locator(".chip[class*=severity-]").first
    chip.click()
    assert page.locator(".suggestion").count() < everything
    chip.click()
    assert page.locator(".suggestion").count() == everything

    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy as mod post").click()
    page.get_by_role("button", name="Copied").wait_for()
    post = page.evaluate("navigator.clipboard.readText()").splitlines()
    assert post[0] == "[Normal]" and len(post) == everything + 1
    assert any(re.match(r"\d\d:\d\d:\d{3}( \([\d,]+\))? - \S", line) for line in post)

    page.locator(".suggestion .fix input").first.check()
    page.get_by_role("button", name="Write a copy with 1 fixes").click()
    page.locator(".version .badge.done").wait_for()
    with page.expect_download() as download:
        page.locator(".version").get_by_role("link", name="Download .osz").click()
    download.value.save_as(tmp_path / "mended.osz")
    versions = {beatmap.metadata.version for beatmap in read_osz(tmp_path / "mended.osz").beatmaps.values()}
    assert versions == {"Normal", "Normal (modded)"}

    with page.expect_download() as download:
        page.get_by_role("link", name="Export JSON").click()
    rows = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert len([row for row in rows if row["kind"] not in ("note", "score", "red_line")]) == everything


def test_hostile_files_are_refused_with_a_sentence(page, server):
    page.goto(server.page())
    outside = io.BytesIO()
    with zipfile.ZipFile(outside, "w") as archive:
        archive.writestr("../../../escaped.osu", write_beatmap(regular_map()))
    for name, data in {"..%2f..%2fescaped.osu": b"MZ\x90\x00" * 100, "map.osz": outside.getvalue()}.items():
        page.set_input_files("input[type=file]", {"name": name, "mimeType": "application/zip", "buffer": data})
        if name != "map.osz":
            page.locator("[role=alert]:visible", has_text="is neither a song").wait_for()
    page.wait_for_load_state("networkidle")
    folder = server.site.settings.folder
    assert not [path for path in folder.parent.rglob("escaped*") if not path.is_relative_to(folder / "uploads")]


STATES = """async () => {
  const { stateOf } = await import("/static/preview/standard.js");
  const { along, ballAt } = await import("/static/preview/paths.js");
  const { catcherAt } = await import("/static/preview/catch.js");
  const { Visible } = await import("/static/preview/visible.js");
  const { firstAtOrAfter, synthesised } = await import("/static/preview/hitsounds.js");
  const map = { approach_ms: 600, fade_in_ms: 400 };
  const circle = { kind: "circle", time: 1000 };
  const slider = { kind: "slider", time: 1000, end: 3000, slides: 2, path: [0, 0, 100, 0, 100, 100] };
  const caught = [{ time: 0, x: 100 }, { time: 100, x: 300 }];
  return {
    alphas: [399, 600, 1000, 1110, 1500].map((ms) => stateOf(circle, map, ms).alpha),
    balls: [1000, 1500, 2500, 3000].map((ms) => ballAt(slider, ms)),
    places: [0, 0.5, 1].map((share) => along(slider.path, share)).map(({ x, y }) => [x, y]),
    catcher: [-50, 0, 50, 500].map((ms) => catcherAt(caught, [0, 100], ms)),
    seen: new Visible([slider, { time: 1200 }, { time: 2000 }, { time: 9000 }]).between(1900, 2100)
      .map(({ time }) => time),
    next: [0, 500, 501].map((ms) => firstAtOrAfter([[0], [500], [600]], ms)),
    loudest: [1, 2, 3].flatMap((bank) => ["hit", "whistle", "finish", "clap"].map((name) =>
      synthesised(name, bank, 8000).reduce((most, value) => Math.max(most, Math.abs(value)), 0))),
  };
}"""


def test_the_player_knows_where_things_are(page, server):
    page.goto(server.page())
    found = page.evaluate(STATES)
    assert found["alphas"] == [0, 0.5, 1, pytest.approx(0.5), 0], "faded in, hit, fading, gone"
    assert [(ball["slide"], ball["share"], ball["isOver"]) for ball in found["balls"]] == [
        (0, 0, False),
        (0, 0.5, False),
        (1, 0.5, False),
        (1, 0, True),
    ]
    assert found["places"] == [[0, 0], [100, 0], [100, 100]]
    assert found["catcher"] == [100, 100, 200, 300]
    assert found["seen"] == [1000, 2000], "what still lasts is seen, what is over is not"
    assert found["next"] == [0, 1, 2]
    assert all(0.03 < loudness < 1.2 for loudness in found["loudest"]), "each sound is heard, and none is clipped much"


def test_the_player_plays_without_its_song(page, server, made):
    page.goto(server.page())
    page.route("**/audio", lambda route: route.abort())
    open_player(page, card(page, made))
    page.locator(".preview-controls [role=status]:visible").wait_for()
    page.locator(".preview-play").click()
    page.wait_for_function("() => Number(document.querySelector('.preview-scrub').value) > 300")
