"""A server and its worker that are killed in the middle: every job is done in the end, by the next ones."""

import os

import psutil
import pytest

from server.client import NoServer, send_request
from server.storage.jobs import Job, Jobs, new_id
from tests.server.fake_actions import HELD
from tests.server.running_server import server_process, settings_of
from tests.support.polling import wait_for

JOBS = 6


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_jobs_come_back_after_the_worker_and_the_server_were_killed(tmp_path):
    settings = settings_of(tmp_path)
    jobs = Jobs(settings.folder / "jobs")
    (tmp_path / "song.wav").write_bytes(b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(64))
    options = {"audio_path": str(tmp_path / "song.wav"), "title": f"{HELD}{tmp_path / 'until'}"}
    ids = [jobs.add(Job(new_id(), "generate", options)).id for _ in range(JOBS)]

    def known() -> dict[str, dict]:
        return {job["id"]: job for job in send_request("GET", "/api/jobs", settings.session_path)["jobs"]}

    def running() -> int:
        return sum(job["progress"] is not None for job in known().values())

    with server_process(settings) as server:
        wait_for(lambda: running() == 2)
        (worker,) = psutil.Process(server.pid).children()
        worker.kill()
        wait_for(lambda: any(job["attempts"] == 2 and job["progress"] for job in known().values()))
        (worker,) = psutil.Process(server.pid).children()
        server.kill()
        server.wait()
        wait_for(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)
        with pytest.raises(NoServer, match="has ended"):
            known()
    (tmp_path / "until").touch()
    with server_process(settings):
        wait_for(lambda: all(job["state"] == "done" for job in known().values()))
        done = known()
    assert list(done) == ids
    # Two were at work when the worker was lost; the first of them ran alone when the server was.
    assert [done[job_id]["attempts"] for job_id in ids] == [3, 2, 1, 1, 1, 1]
