"""The form and the list of jobs in a real browser, with jobs that take as long as their titles say."""

import io
import re
import zipfile
from pathlib import Path

import pytest

from osu_beatmap.beatmap import GameMode
from osu_beatmap.files.writer import write_beatmap
from tests.support.polling import wait_for
from tests.support.review_maps import regular_map
from tests.support.songs import write_song
from tests.webui.live_browser import new_page
from webui.texts import server_sentences

LAPTOP = (1366, 650)
PHONE = (390, 844)
MOST_CONTROLS = 12
VISIBLE_CONTROLS = """() => {
  const more = document.querySelector("details.more");
  const controls = [...document.querySelectorAll("form input, form select, form button, form summary")].filter((each) =>
    each.checkVisibility() && each.tabIndex >= 0 && !each.disabled && !more.contains(each)
    && more.compareDocumentPosition(each) & Node.DOCUMENT_POSITION_PRECEDING);
  const radios = controls.filter((each) => each.type === "radio");
  return controls.length - radios.length + new Set(radios.map((each) => each.name)).size;
}"""
IN_VIEW = """element => {
  const { top, bottom } = element.getBoundingClientRect();
  return top >= 0 && top < innerHeight && bottom > 0;
}"""

OFFERED = "[...document.querySelectorAll('[role=option]')].filter((each) => each.checkVisibility())"


@pytest.fixture(scope="module")
def song(tmp_path_factory):
    return write_song(tmp_path_factory.mktemp("song") / "song.ogg", seconds=6.0)


@pytest.fixture
def server(live_site):
    """Without the jobs of other tests."""
    yield live_site
    jobs = live_site.site.jobs
    for job in jobs.all():
        jobs.cancel(job)
        wait_for(lambda job=job: not job.is_active)
        jobs.remove(job)


@pytest.fixture
def page(chromium):
    with new_page(chromium, *LAPTOP) as page:
        yield page


def start(page, server, song, what: str = "quick") -> None:
    """Orders a job of which `what` becomes."""
    if page.url == "about:blank":
        page.goto(server.page())
        page.set_input_files("input[type=file] >> nth=0", song)
    page.locator("[data-option=title] input:visible").fill(what)
    page.click("button[type=submit]:enabled")


def options_of(server) -> dict:
    return server.site.jobs.all()[-1].options


def test_beginners_see_few_fields_and_those_that_the_model_knows(page, server, song):
    for mode in ("", "taiko", "catch", "mania", "standard"):
        with page.expect_response("**/api/check"):
            if mode:
                page.locator(".segment", has_text=mode).click()
            else:
                page.goto(server.page())
        page.wait_for_timeout(100)
        assert page.evaluate(VISIBLE_CONTROLS) <= MOST_CONTROLS
    page.evaluate("for (const each of document.querySelectorAll('form details')) each.open = true")
    year = page.locator("[data-option=year]")
    year.locator(".off-line:visible", has_text="The bundled model does not use this").wait_for()
    assert year.locator("input").is_disabled()
    tags = page.locator("[data-option=descriptors] input")
    tags.fill("jumps")
    page.locator("[role=option]", has_text="jumps").first.wait_for()
    tags.fill("symmetrical")
    page.wait_for_function(f"() => !({OFFERED}).length")
    page.locator("[data-option=model_path] input").fill("OWNER/NAME")
    page.wait_for_function("() => !document.querySelector('[data-option=year] input').disabled")


def test_ticked_levels_are_a_star_rating_or_a_mapset(page, server, song):
    page.goto(server.page())
    page.set_input_files("input[type=file] >> nth=0", song)
    page.locator("[data-option=title] input:visible").wait_for()
    number = page.locator("[data-option=difficulty] input")
    page.get_by_role("button", name="Insane").click()
    assert number.input_value() == "4.7"
    page.get_by_role("button", name="Easy").click()
    assert number.input_value() == ""
    page.locator(".segment", has_text="taiko").click()
    assert page.locator(".levels [aria-pressed=true]").all_inner_texts() == ["Kantan\n1.3 ★", "Oni\n4.7 ★"]
    start(page, server, song)
    page.locator(".job").wait_for()
    assert options_of(server)["difficulties"] == "1.3,4.7"
    number.fill("5.1")
    assert page.locator(".levels [aria-pressed=true]").count() == 0
    start(page, server, song)
    page.locator(".job").nth(1).wait_for()
    assert options_of(server)["difficulty"] == "5.1" and "difficulties" not in options_of(server)


def test_mistakes_are_named_as_the_fields_are(page, server, song):
    page.goto(server.page())
    page.set_input_files("input[type=file] >> nth=0", song)
    page.locator("[data-option=difficulty] input").fill("31")
    error = page.locator("[data-option=difficulty] .error:visible")
    error.wait_for()
    assert error.inner_text() == "“Star rating” goes from 0 to 12, not 31."
    page.get_by_label("Language").select_option("de")
    page.locator("[data-option=difficulty] .error:visible", has_text="geht von 0 bis 12, nicht 31.").wait_for()
    words = """async (sentence) => (await import("/static/generate/words.js")).inPageWords(sentence)"""
    sentences = server_sentences()
    stars = sentences["note_stars"].format(stars="2.1", asked="4")
    unreadable = sentences["map_unreadable"].format(reason=sentences["osu_empty"].format(name="a.osu"))
    for sentence, said in {
        f"Easy, Hard: {stars}": "Easy, Hard: Die Map hat 2.1 ★ statt 4 ★.",
        unreadable: "Die Map ist nicht lesbar: a.osu ist leer.",
        "Nobody has said this.": "Nobody has said this.",
    }.items():
        assert page.evaluate(words, sentence) == said


@pytest.mark.parametrize("size", [LAPTOP, PHONE])
def test_a_job_that_was_ordered_is_seen(chromium, server, song, size):
    with new_page(chromium, *size) as page:
        start(page, server, song, "slow")
        page.locator("[role=status]", has_text="Started: slow").wait_for()
        page.wait_for_function("() => /^\\d+ % · /.test(document.title)")
        page.wait_for_function(f"() => ({IN_VIEW})(document.querySelector('.job'))")
        assert page.locator(".job progress").get_attribute("aria-label").startswith(page.title().partition(" ·")[0][:1])
        page.evaluate("scrollTo(0, 0)")
        if size == PHONE:
            assert page.locator(".strip:visible").evaluate(IN_VIEW)
        page.get_by_role("button", name="Cancel").click()
        page.locator("[role=status]", has_text="Cancelled: slow").wait_for()
        start(page, server, song)
        page.locator("[role=status]", has_text="Done: A – T").wait_for()
        assert not re.match(r"\d", page.title())
        page.get_by_role("button", name="Show me").click()
        page.locator(".preview").wait_for()
        assert page.locator(".strip:visible").count() == 0


def test_a_cancelled_job_makes_way_for_the_next(page, server, song):
    start(page, server, song, "slow")
    page.locator(".job progress").wait_for()
    start(page, server, song)
    page.locator(".badge.queued").wait_for()
    page.locator(".job", has=page.locator(".badge.running")).get_by_role("button", name="Cancel").click()
    page.locator(".badge.cancelled").wait_for()
    page.locator(".badge.done").wait_for()


def mapset_bytes(song: Path) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for version in ("Easy", "Hard"):
            beatmap = regular_map(GameMode.STANDARD, beats=24)
            beatmap.audio_filename, beatmap.metadata.version = "song.ogg", version
            archive.writestr(f"{version}.osu", write_beatmap(beatmap))
        archive.write(song, "song.ogg")
    return data.getvalue()


def test_a_mapset_is_asked_about(page, server, song):
    page.goto(server.page())
    sent = {"name": "set.osz", "mimeType": "application/zip", "buffer": mapset_bytes(song)}
    page.set_input_files("input[type=file] >> nth=0", sent)
    page.get_by_role("group", name="Choose what to do with this map").wait_for()
    pressed = page.locator("[aria-pressed=true]:visible")
    assert pressed.all_inner_texts() == ["Another difficulty"]
    page.click("button[type=submit]:enabled")
    page.locator(".job").wait_for()
    assert set(options_of(server)["in_context"]) == {"GD", "TIMING", "KIAI"}
    page.get_by_role("button", name="Regenerate a part").click()
    page.wait_for_function("() => document.activeElement.closest('[data-option=start_time]')")
    page.get_by_role("button", name="A review …").click()
    page.wait_for_url("**/mai-mod")
    page.locator(".source", has_text="Easy").wait_for()
    assert page.get_by_role("button", name="Review the map").is_enabled()


def test_a_map_is_made_and_taken_home_by_keyboard_alone(page, server):
    page.goto(server.page())
    page.get_by_role("button", name="Try it with the demo song").wait_for()
    focused = "() => document.activeElement.textContent.trim()"

    def tab_to(text: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate(focused) == text:
                return
        raise AssertionError(f"{text} is not reached by the Tab key")

    tab_to("Try it with the demo song")
    page.keyboard.press("Enter")
    page.locator(".source", has_text="demo song.ogg").wait_for()
    page.locator("button[type=submit]:enabled").wait_for()
    tab_to("Make the map")
    page.keyboard.press("Enter")
    page.locator(".badge.done").wait_for()
    tab_to("Download .osz")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename == "a map.osz"


def test_three_takes_of_a_part_are_compared_and_one_is_kept(page, server, song):
    start(page, server, song)
    page.get_by_role("button", name="See and hear it").click()
    page.wait_for_selector(".preview-note", state="detached")
    page.locator("summary", has_text="Content of the timeline").click()
    page.locator(".preview-legend li", has_text="objects per second").wait_for()
    page.get_by_role("button", name="Start here").click()
    page.get_by_role("button", name="Three takes").click()
    page.locator(".version .badge.done").nth(2).wait_for()
    page.locator(".version").nth(1).get_by_role("button", name="Compare").click()
    page.locator(".preview-panel").nth(3).wait_for()
    assert page.locator(".preview-name").all_inner_texts() == ["Before", "Take 1", "Take 2", "Take 3"]
    page.locator(".version").nth(1).get_by_role("button", name="Keep only this take").click()
    page.locator(".version").nth(1).wait_for(state="detached")
    assert page.get_by_role("button", name="Undo").count() == 3, "of the two that went, and the version's own"


def test_cards_say_what_they_are_are_found_and_come_back(page, server, song):
    start(page, server, song)
    page.locator(".job .badge.done").wait_for()
    assert page.locator(".job .facts li").all_inner_texts() == ["osu!standard", "1.50 ★", "Seed 7"]
    start(page, server, song, "bug")
    page.locator(".job .badge.failed").wait_for()
    page.get_by_role("searchbox").fill("seed 7")
    page.locator(".job", has_text="bug").wait_for(state="hidden")
    assert page.locator(".job:visible").count() == 1

    page.locator(".job:visible .menu summary").click()
    page.get_by_role("button", name="Dismiss").click()
    page.locator(".job", has_text="Seed 7").wait_for(state="detached")
    page.get_by_role("button", name="Undo").click()
    page.locator(".job:visible", has_text="Seed 7").wait_for()

    page.locator(".job:visible .menu summary").click()
    page.get_by_role("button", name="Use these options again").click()
    assert page.locator("[data-option=seed] input").input_value() == "7"
    page.get_by_role("button", name="Start over").click()
    assert page.locator("[data-option=seed] input").input_value() == ""
    assert page.locator(".source", has_text="song.ogg").count() == 1, "the song stays"
