"""Many at once, over sockets of this computer: fifty that watch and twenty jobs, and nothing is lost."""

from concurrent.futures import ThreadPoolExecutor

import httpx

from demo.live_pages import live_server
from server.http.security import TOKEN_HEADER
from tests.server.sites import ended, ordered, sent_song
from tests.support.polling import PATIENCE_S

WATCHERS, JOBS, LOOKS = 50, 20, 6


def client_at(server) -> httpx.Client:
    # Certificates are read for each client, and none is needed here.
    headers = {TOKEN_HEADER: server.site.token}
    return httpx.Client(base_url=server.address, headers=headers, timeout=PATIENCE_S, verify=False)


def watch(server) -> dict[str, str]:
    """What a page learns that asks again and again for what has changed: the state of each job."""
    seen: dict[str, str] = {}
    revision = 0
    with client_at(server) as page:
        for _ in range(LOOKS):
            changes = page.get("/api/jobs", params={"after": revision}).raise_for_status().json()
            assert changes["revision"] >= revision
            revision = changes["revision"]
            seen |= {job["id"]: job["state"] for job in changes["jobs"]}
    return seen


def test_nothing_is_lost_among_many(tmp_path):
    with live_server(tmp_path, actions="tests.server.fake_actions") as server, client_at(server) as client:
        song = sent_song(client)
        first = ended(client, ordered(client, song))["id"]
        with ThreadPoolExecutor(WATCHERS + JOBS) as pool:
            watchers = [pool.submit(watch, server) for _ in range(WATCHERS)]
            orders = [pool.submit(ordered, client, song) for _ in range(JOBS)]
            ids = [order.result() for order in orders]
            assert all(watcher.result()[first] == "done" for watcher in watchers)
        assert len(set(ids)) == JOBS
        assert {ended(client, job_id)["state"] for job_id in ids} == {"done"}
        known = watch(server)
        assert {known[job_id] for job_id in ids} == {"done"}
