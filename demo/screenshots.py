"""Screenshots of the pages for the README, with the demo song.

The maps are of that song.

python -m demo.screenshots [FOLDER]        FOLDER: docs by default; takes about two minutes

Needs Playwright (`requirements-dev.txt`) and an installed Chromium.
"""

from __future__ import annotations

import io
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from demo.live_pages import LiveServer, browser_path, headless_browser, live_server
from demo.make_song import DEMO_ARTIST, DEMO_PATH, DEMO_TITLE
from evaluation.faults import inject
from osu_beatmap.files.reader import read_beatmap
from osu_beatmap.files.writer import write_beatmap
from server.storage.jobs import Job
from server.storage.references import MAPS_FOLDER

DIFFICULTIES = "[2.2,3.6]"
SEED = "1"
SHOWN_MS = 30_000
SIZE = {"width": 1280, "height": 900}
PHONE = {"width": 400, "height": 860}
STRIP = {"width": 560, "height": 1000}
GAP_PX = 24
FAULTS = {"quarter_beat": 3, "moved_place": 3}
SHOWN_SURPRISAL = "6"
QUALITY = 82
MAX_BYTES = 150_000
POLL_S = 0.2
PATIENCE_MS = 60_000


def take(server: LiveServer, browser, folder: Path) -> list[Path]:
    """Generate the maps, review one, and take the pictures.

    Returns their paths.
    """
    song = {"audio_path": str(DEMO_PATH), "title": DEMO_TITLE, "artist": DEMO_ARTIST, "seed": SEED}
    made = done(server, server.site.order("generate", song | {"difficulties": DIFFICULTIES}, None))
    hardest = server.site.jobs.folder_of(made) / MAPS_FOLDER / made.result["maps"][-1]["name"]
    reviewed = {
        "beatmap_path": str(with_faults(hardest)),
        "audio_path": str(DEMO_PATH),
        "min_surprisal": SHOWN_SURPRISAL,
    }
    review = done(server, server.site.order("review", reviewed, None))
    views = (
        ("web_generate", "dark", SIZE, show_result, ""),
        ("web_maimod", "light", SIZE, show_review, f"&job={review.id}"),
        ("web_phone", "dark", PHONE, show_result, ""),
    )
    taken = [
        picture(server, browser, folder / f"{name}.webp", scheme, size, show, query)
        for name, scheme, size, show, query in views
    ]
    return [*taken, timing_strip(server, browser, folder / "web_timing.webp")]


def with_faults(path: Path) -> Path:
    """Write a copy of a map with faults, for suggestions."""
    beatmap = read_beatmap(path)
    for kind, count in FAULTS.items():
        beatmap = inject(beatmap, kind, np.random.default_rng(0), (0.0, np.inf), count).beatmap
    copy = path.with_name(f"faulty {path.name}")
    copy.write_text(write_beatmap(beatmap), encoding="utf-8")
    return copy


def timing_strip(server: LiveServer, browser, path: Path) -> Path:
    """Show the timing in three steps next to each other.

    They are predicted, changed, and made into a map.
    """
    context = browser.new_context(color_scheme="light", viewport=STRIP, locale="en-US", device_scale_factor=1.25)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(server.page())
    page.set_input_files("input[type=file]", DEMO_PATH)
    page.locator(".timing-step > summary").click()
    step = page.locator(".timing-step")
    step.locator("canvas").wait_for()
    step.locator("input[type=range]").first.fill(str(SHOWN_MS))
    steps = [shot(page, step)]
    page.get_by_role("button", name="87 BPM").click()
    page.get_by_role("button", name="a beat later").click()
    page.locator(".timing-step > summary", has_text="87 BPM").wait_for()
    steps.append(shot(page, step))
    page.get_by_role("button", name="Make the map on this timing").click()
    page.locator(".strip", has_text="Done").get_by_role("button", name="Show me").click()
    seek(page, SHOWN_MS)
    job = page.locator(".job", has=page.locator(".preview"))
    steps.append(shot(page, job))
    context.close()
    return save_strip(steps, path)


def shot(page, part) -> Image.Image:
    part.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    return Image.open(io.BytesIO(part.screenshot()))


def save_strip(pictures: list[Image.Image], path: Path) -> Path:
    """Save pictures side by side in one file, cropped to the lowest."""
    height = min(picture.height for picture in pictures)
    strip = Image.new("RGB", (sum(each.width for each in pictures) + GAP_PX * (len(pictures) - 1), height), "white")
    left = 0
    for each in pictures:
        strip.paste(each, (left, 0))
        left += each.width + GAP_PX
    strip.save(path, quality=QUALITY)
    assert path.stat().st_size <= MAX_BYTES, f"{path.name} has {path.stat().st_size} bytes"
    return path


def picture(server: LiveServer, browser, path: Path, scheme: str, size: dict, show, query: str) -> Path:
    """Save a screenshot of a page after `show` has prepared it."""
    context = browser.new_context(color_scheme=scheme, viewport=size, locale="en-US")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(server.page("/mai-mod" if show is show_review else "/") + query)
    show(page)
    page.wait_for_timeout(500)
    Image.open(io.BytesIO(page.screenshot())).save(path, quality=QUALITY)
    assert path.stat().st_size <= MAX_BYTES, f"{path.name} has {path.stat().st_size} bytes"
    context.close()
    return path


def show_result(page) -> None:
    """Show the form with the song, and the result in the player.

    The result has both difficulties.
    """
    page.set_input_files("input[type=file]", DEMO_PATH)
    for level in ("Normal", "Hard"):
        page.get_by_role("button", name=level).click()
    page.get_by_role("button", name="See and hear it").first.click()
    seek(page, SHOWN_MS)
    if page.viewport_size == PHONE:
        page.locator(".preview").scroll_into_view_if_needed()
        page.locator(".preview-caption").first.evaluate("caption => caption.scrollIntoView()")


def show_review(page) -> None:
    """Show the suggestions, with one selected."""
    page.locator(".suggestion .jump").first.wait_for()
    seek(page, SHOWN_MS)
    page.locator(".suggestion .jump").nth(1).click()
    page.locator(".review-columns").evaluate("columns => columns.parentElement.parentElement.scrollIntoView()")


def seek(page, time_ms: float) -> None:
    """Wait until a player has loaded its maps, then seek."""
    page.wait_for_selector(".preview-field")
    page.wait_for_selector(".preview-note", state="detached")
    page.locator(".preview-scrub").fill(str(time_ms))


def done(server: LiveServer, job: Job) -> Job:
    """Wait for a job, and raise its error."""
    while (latest := server.site.jobs.get(job.id)).is_active:
        time.sleep(POLL_S)
    if latest.result is None:
        raise RuntimeError(latest.error or latest.state)
    return latest


def main() -> int:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs")
    path = browser_path()
    if path is None:
        print("There is no Chromium on this machine.", file=sys.stderr)
        return 2
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work,
        live_server(Path(work)) as server,
        headless_browser(path) as browser,
    ):
        for made in take(server, browser, folder):
            print(f"{made}: {made.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
