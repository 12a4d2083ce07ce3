"""The timing of a song in a real browser, before its objects; its prediction is that of the fake worker."""

import pytest

from demo.live_pages import live_server
from tests.support.songs import write_song
from tests.webui.live_browser import new_page

IS_DRAWN = """canvas => {
  const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  return new Uint32Array(data.buffer).some(Boolean);
}"""
AXE_SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def song(tmp_path_factory):
    return write_song(tmp_path_factory.mktemp("song") / "song.ogg", seconds=4.0)


@pytest.fixture(scope="module")
def server(tmp_path_factory, chromium):
    with live_server(tmp_path_factory.mktemp("site") / "folder", actions="tests.server.fake_actions") as running:
        yield running


@pytest.fixture
def page(chromium, server, song):
    """The form with the song in it, and its timing open."""
    with new_page(chromium, 1366, 650) as page:
        page.goto(server.page())
        page.set_input_files("input[type=file] >> nth=0", song)
        page.locator(".timing-step > summary").click()
        page.locator("canvas.timing-view").wait_for()
        yield page


def kept_line(page, server) -> dict:
    """The red line of the job that was ordered last."""
    options = server.site.jobs.all()[-1].options
    assert options["in_context"] == ["TIMING"]
    (line,) = server.site.timings.find_stored(options["beatmap_path"]["timing"])["lines"]
    return line


def test_a_timing_is_corrected_and_kept_for_all_maps_of_the_song(page, server, song):
    page.wait_for_function(IS_DRAWN, arg=page.query_selector("canvas.timing-view"))
    assert page.locator(".timing-step .chip").all_inner_texts() == ["120 BPM · 80 %", "240 BPM · 50 %"]
    page.get_by_role("button", name="240 BPM").press("Enter")
    page.get_by_role("button", name="+10 ms").press("Enter")
    page.get_by_role("button", name="a beat later").press("Enter")
    page.get_by_label("Beats in a bar").fill("3")
    page.get_by_role("button", name="Make the map on this timing").press("Enter")
    page.locator(".badge.done").wait_for()
    assert kept_line(page, server) == {"time_ms": 760.0, "bpm": 240.0, "meter": 3}

    page.reload()
    page.locator(".timing-step > summary", has_text="240 BPM").wait_for()
    assert page.locator("[data-option=title] input:visible").count() == 1, "a timing names no song"
    page.get_by_role("button", name="Easy").click()
    page.get_by_role("button", name="Hard").click()
    page.click("button[type=submit]:enabled")
    page.locator(".badge.done").nth(1).wait_for()
    assert kept_line(page, server)["bpm"] == 240.0
    assert server.site.jobs.all()[-1].options["difficulties"]

    page.locator(".timing-step > summary").click()
    page.get_by_role("button", name="+10 ms").press("Enter")
    page.get_by_role("button", name="Back to the predicted timing").press("Enter")
    page.locator(".timing-step > summary", has_text="predicted").wait_for()
    page.wait_for_timeout(500)  # within which a change is saved
    page.click("button[type=submit]:enabled")
    page.locator(".badge.done").nth(2).wait_for()
    assert "beatmap_path" not in server.site.jobs.all()[-1].options


def test_taps_and_beats_are_worked_out(page):
    found = page.evaluate("""async () => {
      const lines = await import("/static/timing/lines.js");
      const predicted = [{ time_ms: 500, bpm: 120, meter: 4 }];
      const candidates = [{ ratio: 1 }, { ratio: 2 }];
      const taps = (first, gap) => [0, 1, 2, 3, 4].map((each) => first + each * gap + [4, -6, 3, -2, 1][each])
        .reduce(lines.tapped, []);
      const tap = (first, gap) => lines.asTapped(predicted, predicted, candidates, lines.fitTaps(taps(first, gap)));
      return {
        few: lines.fitTaps([0, 500]),
        again: lines.tapped([0, 500], 9000),
        near: tap(2004, 503), twice: tap(1253, 251), other: tap(2000, 700),
        beats: lines.beatsBetween([...predicted, { time_ms: 2000, bpm: 60, meter: 3 }], 900, 3500),
        later: lines.withDownbeat(predicted, -2), bar: lines.withDownbeat(predicted, 4),
      };
    }""")
    assert found["few"] is None and found["again"] == [9000]
    assert found["near"] == [{"time_ms": 0, "bpm": 120, "meter": 4}], "the predicted beats, from the first tap on"
    assert found["twice"] == [{"time_ms": 250, "bpm": 240, "meter": 4}]
    (other,) = found["other"]
    assert other["bpm"] == pytest.approx(85.7, abs=0.3) and other["time_ms"] == pytest.approx(2000, abs=8)
    assert [(each["ms"], each["inBar"]) for each in found["beats"]] == [(1000, 1), (1500, 2), (2000, 0), (3000, 1)]
    assert found["later"] == [{"time_ms": 1500, "bpm": 120, "meter": 4}]
    assert found["bar"] == [{"time_ms": 500, "bpm": 120, "meter": 4}], "no bar is lost"


def test_tapping_along_sets_the_tempo(page):
    page.get_by_role("button", name="Play").press("Enter")
    page.wait_for_function("() => Number(document.querySelector('.timing-step input[type=range]').value) > 600")
    page.evaluate("""async () => {
      for (let tap = 0; tap < 6; tap += 1) {
        const pressed = new KeyboardEvent("keydown", { key: "t", bubbles: true });
        document.querySelector(".timing-step canvas").dispatchEvent(pressed);
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
    }""")
    assert "taps" in page.locator(".timing-step [role=status]").inner_text()
    page.locator(".timing-step > summary", has_text="saved for this song").wait_for()


def test_a_timing_that_is_closed_while_it_is_predicted_leaves_the_next_one_alone(page):
    shown = page.evaluate("""async () => {
      const { timingStep } = await import("/static/generate/timing_step.js");
      const { audio_path: song } = JSON.parse(sessionStorage.getItem("generate-draft"));
      const [fetched, pause] = [window.fetch, (ms) => new Promise((resolve) => setTimeout(resolve, ms))];
      let predictions = 0;
      window.fetch = async (path, ...rest) => {
        if (path === "/api/timings" && (predictions += 1) === 1) await pause(600);
        return fetched(path, ...rest);
      };
      const step = timingStep(() => {}, () => {});
      document.body.append(step.element);
      step.offer(song);
      for (const isOpen of [true, false, true]) {
        step.element.open = isOpen;
        await pause(100);
      }
      await pause(800);
      return [step.element.querySelectorAll("canvas").length, predictions];
    }""")
    assert shown == [1, 2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(page, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    found = axe.Axe().run(page).response["violations"]
    serious = [
        (each["id"], [node["html"] for node in each["nodes"]]) for each in found if each["impact"] in AXE_SERIOUS
    ]
    assert not serious
