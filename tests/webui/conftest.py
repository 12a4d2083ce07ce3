"""A server and a browser that the tests of a file share."""

import pytest

from tests.server.sites import client_of, sent_song, settings_in
from tests.webui.live_browser import browser


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with client_of(settings_in(tmp_path_factory.mktemp("site"))) as client:
        yield client


@pytest.fixture(scope="module")
def song(client):
    return sent_song(client)


@pytest.fixture(scope="module")
def chromium():
    with browser() as opened:
        yield opened
