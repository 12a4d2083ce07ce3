"""Pages without serious findings of axe-core, and light enough for a slow line."""

import pytest

from tests.webui.live_browser import new_page

SERIOUS = ("serious", "critical")
MAX_BYTES = 300_000


def make_a_map(page, server) -> None:
    """Leave a form that is filled in, and a job that is done."""
    page.goto(server.page())
    page.get_by_role("button", name="Try it with the demo song").click()
    page.get_by_role("button", name="Hard").click()
    page.click("button[type=submit]:enabled")
    page.locator(".badge.done").first.wait_for()
    page.get_by_role("button", name="See and hear it").first.click()
    page.locator(".preview").wait_for()
    page.evaluate("for (const each of document.querySelectorAll('form details')) each.open = true")


def review_a_map(page, server) -> None:
    page.goto(server.page("/mai-mod"))
    page.get_by_role("button", name="Review the map").wait_for()


def read_about_the_api(page, server) -> None:
    page.goto(server.page("/api/docs"))
    page.locator(".operation").first.wait_for()


@pytest.mark.parametrize("show", [make_a_map, review_a_map, read_about_the_api])
def test_axe_finds_nothing_serious(chromium, live_site, show):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    with new_page(chromium) as page:
        show(page, live_site)
        found = []
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            found += [(scheme, each) for each in axe.Axe().run(page).response["violations"]]
    serious = [
        (scheme, each["id"], [node["html"] for node in each["nodes"]])
        for scheme, each in found
        if each["impact"] in SERIOUS
    ]
    assert not serious


def test_the_page_is_light(chromium, live_site):
    with new_page(chromium) as page:
        sizes: list[int] = []
        page.on("requestfinished", lambda request: sizes.append(request.sizes()["responseBodySize"]))
        page.goto(live_site.page())
        page.locator(".levels button").first.wait_for()
        page.wait_for_load_state("networkidle")
        page.evaluate("import('/static/preview/player.js')")
        page.evaluate("import('/static/timing/panel.js')")
        page.wait_for_timeout(100)
    assert 50_000 < sum(sizes) < MAX_BYTES
