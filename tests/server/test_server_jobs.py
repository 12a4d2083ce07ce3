"""Jobs through a worker: done, failed, lost, cancelled, in order, and taken up again after a restart."""

import json
import os
import shutil
import threading

import psutil
import pytest

from server.processing.worker import OUT_OF_MEMORY
from server.storage.jobs import INTERRUPTED, MAX_ATTEMPTS, RECORD_NAME, Job, Jobs, new_id
from tests.server.fake_actions import HELD
from tests.server.sites import client_of, ended, job_when, ordered, running, sent_song, settings_in
from tests.support.polling import PATIENCE_S, wait_for


def test_a_job_is_done_and_leaves_results(client, song):
    job = ended(client, ordered(client, song))
    options = json.loads((client.site.jobs.folder / job["id"] / "options.json").read_text(encoding="utf-8"))
    assert os.path.isfile(options["audio_path"]), "a file in place of a reference"
    assert (job["state"], job["error"], job["progress"]) == ("done", None, None)
    assert job["title"] == "song.wav"
    assert job["command"] == "python inference.py audio_path=song.wav title=quick"
    log = client.get(f"/api/jobs/{job['id']}/log").json()
    assert "listening" in log["text"] and "doing quick" in log["text"]
    assert client.get(f"/api/jobs/{job['id']}/log", params={"offset": log["next"]}).json()["text"] == ""


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ("wrong", "difficulty cannot be met."),
        ("bug", "RuntimeError: nobody thought of this"),
        ("memory", OUT_OF_MEMORY),
        ("crash", "ended before this job was finished (status 9)"),
    ],
)
def test_what_goes_wrong_fails_its_job_alone(client, song, what, sentence):
    failing, following = ordered(client, song, what), ordered(client, song)
    job = ended(client, failing)
    assert job["state"] == "failed"
    assert sentence in job["error"]
    assert ("Traceback" in client.get(f"/api/jobs/{failing}/log").json()["text"]) == (what == "bug")
    assert ended(client, following)["state"] == "done"


def test_one_process_does_all_jobs_in_order_and_is_replaced_where_it_was_lost(client, song):
    jobs = [ended(client, job_id) for job_id in [ordered(client, song) for _ in range(3)]]
    assert {job["result"]["process"] for job in jobs} == {client.site.supervisor.worker_pid}
    begun = [job["started_s"] for job in jobs]
    assert begun == sorted(begun)
    lost = psutil.Process(client.site.supervisor.worker_pid)
    lost.kill()
    job = ended(client, ordered(client, song))
    assert (job["state"], job["result"]["process"] != lost.pid) == ("done", True)


@pytest.fixture
def short_grace(monkeypatch):
    monkeypatch.setattr("server.processing.supervisor.CANCEL_GRACE_S", 0.3)


@pytest.mark.parametrize("what", ["slow", "deaf"])
def test_cancelling_frees_the_worker(client, song, what, short_grace):
    """Whether a job listens to it or not."""
    job_id, following = ordered(client, song, what), ordered(client, song)
    running(client, job_id)
    worker = psutil.Process(client.site.supervisor.worker_pid)
    assert client.post(f"/api/jobs/{job_id}/cancel").json()["wants_cancel"]
    assert ended(client, job_id)["state"] == "cancelled"
    assert ended(client, following)["state"] == "done"
    assert worker.is_running() == (what == "slow")


def test_a_waiting_job_is_cancelled_at_once(client, song):
    first = [ordered(client, song, "slow") for _ in range(2)]
    second = ordered(client, song)
    for job_id in first:
        running(client, job_id)
    assert client.get(f"/api/jobs/{second}").json()["position"] == 1
    assert client.post(f"/api/jobs/{second}/cancel").json()["state"] == "cancelled"
    for job_id in first:
        client.post(f"/api/jobs/{job_id}/cancel")
        assert ended(client, job_id)["state"] == "cancelled"


def test_a_lost_worker_costs_an_attempt_of_the_jobs_at_work(client, song, tmp_path):
    """And they are begun again, one after the other, in the order in which they came."""
    ids = [ordered(client, song, f"{HELD}{tmp_path / 'until'}") for _ in range(2)]
    for job_id in ids:
        running(client, job_id)
    psutil.Process(client.site.supervisor.worker_pid).kill()
    (tmp_path / "until").touch()
    jobs = [ended(client, job_id) for job_id in ids]
    assert [(job["state"], job["attempts"]) for job in jobs] == [("done", 2)] * 2
    assert jobs[0]["ended_s"] <= jobs[1]["started_s"]


def test_a_job_that_ends_its_process_fails_alone(client, song, tmp_path):
    beside, crashing = ordered(client, song, f"{HELD}{tmp_path / 'until'}"), ordered(client, song, "crash")
    job_when(client, beside, lambda job: job["attempts"] == 2)
    (tmp_path / "until").touch()
    assert (ended(client, crashing)["state"], ended(client, crashing)["attempts"]) == ("failed", MAX_ATTEMPTS)
    assert (ended(client, beside)["state"], ended(client, beside)["attempts"]) == ("done", 2)


def test_memory_that_is_not_enough_for_two_is_tried_for_one(client, song, tmp_path):
    beside, hungry = ordered(client, song, f"{HELD}{tmp_path / 'until'}"), ordered(client, song, "memory")
    job_when(client, hungry, lambda job: (job["state"], job["attempts"]) == ("queued", 1))
    (tmp_path / "until").touch()
    job = ended(client, hungry)
    assert (job["state"], job["error"], job["attempts"]) == ("failed", OUT_OF_MEMORY, 2)
    assert (ended(client, beside)["state"], ended(client, beside)["attempts"]) == ("done", 1)


def test_a_job_that_does_not_stop_leaves_the_one_beside_it_alone(client, song, tmp_path, short_grace):
    deaf, beside = ordered(client, song, "deaf"), ordered(client, song, f"{HELD}{tmp_path / 'until'}")
    running(client, deaf)
    running(client, beside)
    client.post(f"/api/jobs/{deaf}/cancel")
    assert ended(client, deaf)["state"] == "cancelled"
    (tmp_path / "until").touch()
    assert (ended(client, beside)["state"], ended(client, beside)["attempts"]) == ("done", 1)
    following = ended(client, ordered(client, song))
    assert following["state"] == "done"


def test_a_dismissed_job_is_gone(client, song):
    job_id = ended(client, ordered(client, song))["id"]
    before = client.get("/api/jobs").json()["revision"]
    assert client.delete(f"/api/jobs/{job_id}").status_code == 204
    assert client.get(f"/api/jobs/{job_id}").status_code == 404
    assert client.get("/api/jobs", params={"after": before}).json()["removed"] == [job_id]
    assert not (client.site.jobs.folder / job_id).exists()


def test_jobs_outlive_the_server(tmp_path):
    settings = settings_in(tmp_path)
    with client_of(settings) as client:
        song = sent_song(client)
        done = ended(client, ordered(client, song))["id"]
        stopped = ordered(client, song, "slow")
        waiting = ordered(client, song)
        running(client, stopped)
        worker = client.site.supervisor.worker_pid
        token = client.site.token
    assert not psutil.pid_exists(worker)
    with client_of(settings) as client:
        assert client.site.token == token
        assert client.get(f"/api/jobs/{done}").json()["state"] == "done"
        assert client.get(f"/api/jobs/{done}/files/a map.osz").content == b"PK"
        running(client, stopped)
        client.post(f"/api/jobs/{stopped}/cancel")
        assert ended(client, waiting)["state"] == "done"


def test_a_job_that_servers_die_of_is_not_begun_for_ever(tmp_path):
    jobs = Jobs(tmp_path)
    jobs.add(Job(new_id(), "generate", {}))
    for attempt in range(1, MAX_ATTEMPTS + 1):
        job = jobs.begin_next(0)
        assert job is not None and job.attempts == attempt
        jobs = Jobs(tmp_path)
    (job,) = jobs.all()
    assert (job.state, job.error) == ("failed", INTERRUPTED)


def test_a_record_that_is_damaged_is_passed_over(tmp_path):
    jobs = Jobs(tmp_path)
    kept, damaged = (jobs.add(Job(new_id(), "generate", {})) for _ in range(2))
    (jobs.folder_of(damaged) / RECORD_NAME).write_text('{"id": ', encoding="utf-8")
    assert [job.id for job in Jobs(tmp_path).all()] == [kept.id]


def test_a_job_whose_upload_is_gone_says_so(client):
    song = sent_song(client)
    slow = [ordered(client, song, "slow") for _ in range(2)]
    job_id = ordered(client, song)
    for each in slow:
        running(client, each)
    for file in (client.site.uploads.folder / song["upload"]).rglob("*.json"):
        file.unlink()
    for each in slow:
        client.post(f"/api/jobs/{each}/cancel")
    assert "no longer exists" in ended(client, job_id)["error"]


def test_a_job_whose_folder_is_gone_fails_alone(client, song):
    slow = [ordered(client, song, "slow") for _ in range(2)]
    lost = ordered(client, song)
    for each in slow:
        running(client, each)
    shutil.rmtree(client.site.jobs.folder / lost)
    for each in slow:
        client.post(f"/api/jobs/{each}/cancel")
    assert ended(client, lost)["state"] == "failed"
    assert ended(client, ordered(client, song))["state"] == "done"


def test_a_running_job_tells_its_remaining_time_and_is_not_dismissed(client, song):
    job_id = ordered(client, song, "slow")
    job = job_when(client, job_id, lambda job: (job["progress"] or {}).get("remaining_s") is not None)
    assert job["progress"]["stage"] == "map"
    assert 0 < job["progress"]["done"] < job["progress"]["total"]
    assert client.delete(f"/api/jobs/{job_id}").status_code == 409
    client.post(f"/api/jobs/{job_id}/cancel")
    ended(client, job_id)


def test_waiting_for_a_job_is_ended_by_a_stop(tmp_path):
    jobs = Jobs(tmp_path)
    waiting = threading.Thread(target=jobs.begin_next, args=(10 * PATIENCE_S,), daemon=True)
    waiting.start()
    wait_for(lambda: jobs.wake() or not waiting.is_alive())
