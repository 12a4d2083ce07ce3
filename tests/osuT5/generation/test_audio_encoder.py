"""Windows that are encoded while others are written: the same states, and no thread that outlives its use."""

import gc
import threading

import pytest
import torch
from contexts_model import contexts_spec, song_writer

from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import GameMode
from osuT5.generation import audio_encoder as listening
from osuT5.generation.chart_state import ChartState

SPEC = contexts_spec()
CHART = ChartState(Attributes(GameMode.TAIKO, difficulty=3.0), 1)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(listening, "ENCODER_BATCH_WINDOWS", 2)


@pytest.fixture
def writer(monkeypatch):
    monkeypatch.setattr("osuT5.generation.window_schedule.has_idle_core", lambda: True)
    return song_writer(SPEC)


def listening_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("listening")]


def test_states_are_those_that_are_computed_at_once(writer):
    expected = song_writer(SPEC).encoder_states
    assert len(expected) > 2 * listening.ENCODER_BATCH_WINDOWS
    for index in (0, 3, len(writer.windows) - 1):
        assert torch.equal(writer.states_of(index, CHART), expected[index])
    assert torch.equal(writer.encoder_states, expected)
    assert torch.equal(writer.states_of(3, CHART), expected[3])


def test_nothing_is_encoded_twice(writer, monkeypatch):
    encoded = []
    plain = writer.model.encode
    monkeypatch.setattr(writer.model, "encode", lambda mel, *others: encoded.append(len(mel)) or plain(mel, *others))
    writer.states_of(0, CHART)
    part = writer.select_part(2_000.0, 6_000.0)
    part.states_of(0, CHART)
    assert len(part.encoder_states) < len(writer.encoder_states)
    assert sum(encoded) == len(writer.windows)


def test_an_error_reaches_whoever_needs_the_window(writer, monkeypatch):
    def fail(mel, *others):
        raise RuntimeError("no memory")

    monkeypatch.setattr(writer.model, "encode", fail)
    with pytest.raises(RuntimeError, match="no memory"):
        writer.states_of(1, CHART)


def test_a_song_that_is_given_up_is_not_listened_to_any_more():
    may_go_on, encoded = threading.Event(), []

    def batch():
        encoded.append(may_go_on.wait(10))
        return torch.zeros(2, 1, 1)

    ahead = listening.BackgroundEncoder([batch] * 5)
    del ahead
    gc.collect()
    may_go_on.set()
    for thread in listening_threads():
        thread.join(10)
    assert len(encoded) <= 1


@pytest.mark.parametrize(("cores", "threads", "idle"), [(1, 1, False), (2, 1, True), (4, 2, False)])
def test_one_core_or_shared_steps_leave_no_core_idle(cores, threads, idle, monkeypatch):
    monkeypatch.setattr(listening.os, "sched_getaffinity", lambda process: set(range(cores)), raising=False)
    monkeypatch.setattr(listening.torch, "get_num_threads", lambda: threads)
    assert listening.has_idle_core() is idle
