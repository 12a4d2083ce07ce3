"""The truth of a synthesised song is what is in its sound; the shipped song is the one that the code makes."""

import numpy as np
import pytest

from demo.make_song import DEMO_ARTIST, DEMO_BPM, DEMO_OFFSET_MS, DEMO_PATH, DEMO_TITLE, render_demo_song
from osuT5.audio.decode import audio_format, load_audio, read_tags
from synthesis.composition import compose
from synthesis.mixing import render_song

RATE_HZ = 16_000


def flux(audio: np.ndarray, sample_rate: int, hop: int) -> np.ndarray:
    """Rise of energy [hops]: how much louder each hop is than the one before, above -60 dB."""
    energy = np.square(np.diff(audio, n=1, prepend=0.0))[: len(audio) // hop * hop].reshape(-1, hop).mean(axis=1)
    level_db = 10 * np.log10(energy + 1e-6)
    return np.maximum(np.diff(level_db, prepend=level_db[:1]), 0.0)


@pytest.fixture(scope="module")
def demo():
    return render_demo_song()


def test_the_demo_song_has_a_rhythm_a_break_and_a_tempo_of_its_own(demo):
    audio, truth = demo
    assert audio.dtype == np.float32 and audio.shape[1] == 2
    assert 30 <= len(audio) / 44_100 <= 60
    assert truth.bpm == DEMO_BPM != 120 and truth.offset_ms == DEMO_OFFSET_MS > 0
    assert {note.instrument for note in truth.notes} >= {"kick", "snare", "hat", "bass", "pad", "lead"}
    silent = next(section for section in truth.sections if section.name == "break")
    assert silent.end_ms - silent.start_ms == pytest.approx(4000, abs=500)
    inside = audio[round((silent.start_ms + 1000) * 44.1) : round(silent.end_ms * 44.1) - 10]
    assert np.abs(inside).max() < 0.01 * np.abs(audio).max()


def test_the_first_sound_is_at_the_offset(demo):
    audio, _ = demo
    first_ms = np.flatnonzero(np.abs(audio[:, 0]) > 0.02)[0] / 44.1
    assert first_ms == pytest.approx(DEMO_OFFSET_MS, abs=1.0)


@pytest.mark.parametrize(("bpm", "offset_ms"), [(138, 412.5), (96.7, 1033.3)])
def test_onsets_are_where_the_energy_rises(bpm, offset_ms):
    audio, truth = render_song(7, bpm, offset_ms, 20.0, sample_rate=RATE_HZ)
    rises = flux(audio.mean(axis=1), RATE_HZ, hop=80)  # 5 ms
    times_ms = np.unique([round(note.time_ms, 3) for note in truth.notes if note.strength >= 0.6])
    hops = np.floor(times_ms / 5.0).astype(int)
    at_onsets = np.maximum(rises[hops], rises[np.minimum(hops + 1, len(rises) - 1)])
    assert np.median(at_onsets) > 10 * np.median(rises)
    assert (at_onsets > 1.0).mean() > 0.95


def test_equal_arguments_give_equal_songs_and_other_seeds_others():
    first, truth = render_song(1, 150, 300, 6.0, sample_rate=RATE_HZ)
    again, same_truth = render_song(1, 150, 300, 6.0, sample_rate=RATE_HZ)
    other, _ = render_song(2, 150, 300, 6.0, sample_rate=RATE_HZ)
    np.testing.assert_array_equal(first, again)
    assert truth.notes == same_truth.notes
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("seed", range(12))
def test_every_song_is_well_formed(seed):
    rng = np.random.default_rng(seed)
    bpm, duration_s = float(rng.uniform(60, 260)), float(rng.uniform(8, 180))
    truth = compose(seed, bpm, float(rng.uniform(0, 2000)), duration_s)
    times_ms = [note.time_ms for note in truth.notes]
    assert times_ms == sorted(times_ms)
    assert times_ms[0] >= truth.offset_ms and times_ms[-1] < duration_s * 1000
    assert all(0 < note.strength <= 1 and note.duration_ms > 0 for note in truth.notes)
    leads = [note.pitch for note in truth.notes if note.instrument == "lead"]
    assert all(40 <= pitch <= 90 for pitch in leads)
    step_ms = 60_000 / bpm / 4
    on_grid = [(note.time_ms - truth.offset_ms) / step_ms for note in truth.notes if note.instrument == "lead"]
    np.testing.assert_allclose(on_grid, np.round(on_grid), atol=1e-6)
    ends_ms = [section.end_ms for section in truth.sections[:-1]]
    assert ends_ms == [section.start_ms for section in truth.sections[1:]]


def test_the_shipped_song_is_what_the_code_makes(demo):
    audio, _ = demo
    kind, tags = audio_format(DEMO_PATH), read_tags(DEMO_PATH)
    assert (kind.container, kind.codec) == ("ogg", "vorbis")
    assert (tags.title, tags.artist) == (DEMO_TITLE, DEMO_ARTIST)
    assert DEMO_PATH.stat().st_size <= 1_000_000
    shipped = load_audio(DEMO_PATH, 44_100)[: len(audio)]
    expected = audio.mean(axis=1)[: len(shipped)]
    assert np.corrcoef(shipped, expected)[0, 1] > 0.95
    size = 1 << (2 * len(expected)).bit_length()
    correlation = np.fft.irfft(np.fft.rfft(shipped, size) * np.conj(np.fft.rfft(expected, size)))
    assert np.argmax(correlation) == 0  # not a sample early or late
