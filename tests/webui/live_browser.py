"""A browser for the tests, where there is one."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from demo.live_pages import browser_path, headless_browser

PATIENCE_MS = 180_000
"""For what takes a moment, and much more where a machine is busy."""


@contextmanager
def browser() -> Iterator:
    """A headless browser; skips where Playwright or the browser is missing."""
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = browser_path()
    if path is None:
        pytest.skip("there is no Chromium on this machine")
    with headless_browser(path) as opened:
        yield opened
