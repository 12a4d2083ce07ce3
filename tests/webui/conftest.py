"""Servers and a browser that tests share."""

import pytest

from demo.live_pages import live_server
from tests.server.sites import client, song  # noqa: F401 - fixtures
from tests.webui.live_browser import browser


@pytest.fixture(scope="package")
def chromium():
    with browser() as opened:
        yield opened


@pytest.fixture(scope="package")
def live_site(tmp_path_factory, chromium):
    """For pages: a server whose worker makes nothing, one job at a time."""
    folder = tmp_path_factory.mktemp("live") / "folder"
    with live_server(folder, actions="tests.server.fake_actions", max_jobs=1) as running:
        yield running
