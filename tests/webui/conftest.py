"""A server that the tests of a file share."""

import pytest

from tests.server.sites import client_of, sent_song, settings_in


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with client_of(settings_in(tmp_path_factory.mktemp("site"))) as client:
        yield client


@pytest.fixture(scope="module")
def song(client):
    return sent_song(client)
