"""A browser for the tests, where there is one."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from demo.live_pages import browser_path, headless_browser

PATIENCE_MS = 180_000
"""For what takes a moment, and much more where a machine is busy."""

SHORTER_PAUSES = """(() => {
  const later = setTimeout;
  window.setTimeout = (call, ms, ...values) => later(call, ms > 500 ? ms : ms / 5, ...values);
})()"""
"""Pauses in which a user types on, or a job goes on: none of the tests looks at what is in them."""


@contextmanager
def browser() -> Iterator:
    """A headless browser; skips where Playwright or the browser is missing."""
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = browser_path()
    if path is None:
        pytest.skip("there is no Chromium on this machine")
    with headless_browser(path) as opened:
        yield opened


@contextmanager
def new_page(chromium, width: int = 1300, height: int = 1000) -> Iterator:
    """A page on which no script may fail."""
    context = chromium.new_context(locale="en-US", viewport={"width": width, "height": height})
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(SHORTER_PAUSES)
    opened = context.new_page()
    mistakes: list[str] = []
    opened.on("pageerror", lambda error: mistakes.append(str(error)))
    yield opened
    context.close()
    assert not mistakes
