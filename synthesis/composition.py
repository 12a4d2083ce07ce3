"""Composer of small pop songs: from a seed to notes with times.

It makes no sound. A song is a key, a chord progression, a drum style, a bass figure and two melodic motifs (verse and
chorus), all drawn from the seed, in sections of whole bars. Positions are beats during composition and milliseconds in
the finished score.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

MAJOR = (0, 2, 4, 5, 7, 9, 11)
MINOR = (0, 2, 3, 5, 7, 8, 10)
# Scale degrees of the chords, one a bar.
PROGRESSIONS = {
    MAJOR: ((3, 4, 2, 5), (0, 4, 5, 3), (5, 3, 0, 4), (0, 5, 3, 4)),
    MINOR: ((0, 5, 2, 6), (0, 3, 5, 6), (5, 6, 0, 0), (0, 6, 5, 6)),
}
# Kicks and snares of a bar, in beats.
DRUM_STYLES = {
    "four to the floor": ((0, 1, 2, 3), (1, 3)),
    "rock": ((0, 0.5, 2), (1, 3)),
    "breakbeat": ((0, 1.75, 2.5), (1, 3, 3.75)),
    "half time": ((0, 1.5, 2.75), (2,)),
}
# Melody rhythms of a bar, in sixteenths.
MOTIFS = ((0, 3, 6, 8, 11, 14), (0, 2, 3, 6, 8, 10, 12), (0, 4, 6, 7, 10, 12, 14), (2, 4, 7, 8, 10, 13, 14), (0, 6, 12))
METER = 4
STEPS = 4  # in a beat
BREAK_S = 4.0  # how long the break is, to the nearest whole bar


@dataclass(frozen=True)
class Note:
    """One sound.

    `pitch` is a MIDI number, 0 for drums; `strength` in 0..1 is how much it stands out.
    """

    time_ms: float
    duration_ms: float
    instrument: str
    pitch: int
    strength: float


@dataclass(frozen=True)
class Section:
    name: str
    start_ms: float
    end_ms: float


@dataclass(frozen=True)
class SongTruth:
    """Exact facts of a rendered song.

    Times are in ms from its first sample; onsets are exactly there.
    """

    bpm: float
    offset_ms: float  # of the first beat
    sections: tuple[Section, ...]
    notes: tuple[Note, ...]  # in time order


def compose(seed: int, bpm: float, offset_ms: float, duration_s: float) -> SongTruth:
    """Compose a song of at most `duration_s`.

    It has whole bars of four beats with straight sixteenths.
    """

    def ms(beat: float) -> float:
        return offset_ms + beat * 60_000.0 / bpm

    tail_ms = 1500.0
    bars = 0
    while ms((bars + 1) * METER) <= duration_s * 1000.0 - tail_ms:
        bars += 1
    assert bars > 0, "the duration holds no bar"
    band = _Band(np.random.default_rng(seed))
    notes, sections, first_bar = [], [], 0
    for name, length in _plan(bars, METER * 60.0 / bpm):
        for bar in range(length):
            start = (first_bar + bar) * METER
            for beat, beats, instrument, pitch, strength in band.bar(name, bar, length):
                time_ms = ms(start + beat)
                notes.append(Note(time_ms, ms(start + beat + beats) - time_ms, instrument, pitch, strength))
        sections.append(Section(name, ms(first_bar * METER), ms((first_bar + length) * METER)))
        first_bar += length
    return SongTruth(bpm, offset_ms, tuple(sections), tuple(sorted(notes, key=lambda note: note.time_ms)))


def _plan(bars: int, bar_s: float) -> list[tuple[str, int]]:
    """Plan (section, bars); short songs have a verse and a chorus only."""
    if bars < 16:
        verse = bars // 2
        return [(name, length) for name, length in (("verse", verse), ("chorus", bars - verse)) if length]
    silent = max(1, round(BREAK_S / bar_s))
    intro, build, outro = 4 if bars >= 24 else 2, 4 if bars >= 28 else 2, 2
    rest = bars - intro - build - outro - silent
    verse = max(2, rest // 3 // 4 * 4)
    return [
        ("intro", intro),
        ("verse", verse),
        ("build", build),
        ("break", silent),
        ("chorus", rest - verse),
        ("outro", outro),
    ]


def _octaves_above(pitch: int, top: int) -> int:
    """Return the octaves to go down until `pitch` is at most `top`."""
    return max(0, -(-(pitch - top) // 12))


Sound = tuple[float, float, str, int, float]  # beat in the bar, length in beats, instrument, pitch, strength


class _Band:
    """The players; everything that a seed decides is decided here."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.scale = MAJOR if rng.random() < 0.5 else MINOR
        self.root = int(rng.integers(45, 57))
        self.progression = PROGRESSIONS[self.scale][rng.integers(4)]
        styles = list(DRUM_STYLES.values())
        self.verse_drums, self.chorus_drums = styles[rng.integers(1, 4)], styles[rng.integers(0, 2)]
        self.bass_figure = int(rng.integers(3))
        self.motifs = {"verse": self._motif(rng, sparse=True), "chorus": self._motif(rng, sparse=False)}

    def bar(self, section: str, bar: int, length: int) -> Iterator[Sound]:
        """Yield all sounds of one bar of a section.

        Only rolls have beats between grid steps.
        """
        players = {
            "intro": (self._chord, self._arpeggio, self._hats_when_settled),
            "verse": (self._chord, self._verse_drums, self._bass, self._lead_verse),
            "build": (self._chord, self._arpeggio, self._roll, self._bass),
            "break": (self._last_hit,),
            "chorus": (self._chord, self._chorus_drums, self._bass, self._lead_chorus, self._arpeggio),
            "outro": (self._ending,),
        }
        for player in players[section]:
            yield from player(bar, length)

    def _pitch(self, degree: int, octave: int = 0) -> int:
        return self.root + 12 * (octave + degree // 7) + self.scale[degree % 7]

    def _degree(self, bar: int) -> int:
        return self.progression[bar % 4]

    def _motif(self, rng: np.random.Generator, sparse: bool) -> list[list[tuple[float, int, bool]]]:
        """Return four bars A A' A B of a motif.

        Each note is (beat, degree above the chord's root, accent).
        """
        chosen = rng.permutation(len(MOTIFS) - 1)[:2]
        bars, degree = [], 4
        for index in (0, 0, 0, 1):
            notes = []
            for step in MOTIFS[chosen[index]]:
                beat = step / STEPS
                if sparse and step % STEPS and rng.random() < 0.3:
                    continue
                strong = beat == int(beat)
                degree = int(np.clip(degree + rng.integers(-2, 3), 0, 9))
                if strong:  # chord tones on the beats: the root, third, fifth or octave that is nearest
                    degree = min((0, 2, 4, 7, 9), key=lambda tone: abs(tone - degree))
                notes.append((beat, degree, strong))
            bars.append(notes)
        return [bars[0], bars[1], bars[0], bars[3]]

    def _lead(self, name: str, bar: int, octave: int) -> Iterator[Sound]:
        notes = self.motifs[name][bar % 4]
        ends = [beat for beat, _, _ in notes[1:]] + [float(METER)]
        pitches = [self._pitch(self._degree(bar) % 7 + degree, octave) for _, degree, _ in notes]
        lower = _octaves_above(max(pitches), top=81 if octave == 1 else 88)
        for (beat, _, accent), end, pitch in zip(notes, ends, pitches, strict=True):
            yield beat, min(end - beat, 1.5), "lead", pitch - 12 * lower, 0.85 if accent else 0.65

    def _lead_verse(self, bar: int, length: int) -> Iterator[Sound]:
        yield from self._lead("verse", bar, 1)

    def _lead_chorus(self, bar: int, length: int) -> Iterator[Sound]:
        yield from self._lead("chorus", bar, 1 if bar < length // 2 else 2)

    def _chord(self, bar: int, length: int) -> Iterator[Sound]:
        for tone in (0, 2, 4, 6):
            yield 0.0, float(METER), "pad", self._pitch(self._degree(bar) % 7 + tone), 0.15

    def _arpeggio(self, bar: int, length: int) -> Iterator[Sound]:
        for index in range(2 * METER):
            beat = index // 2 + (0.5 if index % 2 else 0.0)
            tone = (0, 4, 7, 9, 11, 9, 7, 4)[index % 8]
            yield beat, 0.5, "pluck", self._pitch(self._degree(bar) % 7 + tone), 0.4

    def _bass(self, bar: int, length: int) -> Iterator[Sound]:
        low = self._pitch(self._degree(bar) % 7, -1)
        low -= 12 * _octaves_above(low, top=46)
        for beat in range(METER):
            if self.bass_figure == 0:
                yield beat + 0.5, 0.5, "bass", low, 0.45
            elif self.bass_figure == 1:
                yield beat, 0.5, "bass", low, 0.5
                yield beat + 0.5, 0.5, "bass", low + (12 if beat % 2 else 0), 0.4
            elif beat % 2 == 0:
                yield beat, 0.5, "bass", low, 0.5
                yield beat + 1 - 1 / STEPS, 0.5, "bass", low, 0.45

    def _pattern(self, drums: tuple[Sequence[float], Sequence[float]]) -> Iterator[Sound]:
        for beats, name in zip(drums, ("kick", "snare"), strict=True):
            for beat in beats:
                yield beat, 0.25, name, 0, 0.9

    def _verse_drums(self, bar: int, length: int) -> Iterator[Sound]:
        yield from self._pattern(self.verse_drums)
        for beat in range(METER):
            yield beat, 0.25, "hat", 0, 0.3
            yield beat + 0.5, 0.25, "hat", 0, 0.25

    def _chorus_drums(self, bar: int, length: int) -> Iterator[Sound]:
        fill = bar % 4 == 3
        for sound in self._pattern(self.chorus_drums):
            if not (fill and sound[0] >= METER - 1):
                yield sound
        if bar % 8 == 0:
            yield 0.0, float(METER), "crash", 0, 1.0
        for step in range(METER * STEPS):
            beat = step / STEPS
            yield beat, 1 / STEPS, "hat", 0, 0.3 if step % STEPS == 0 else 0.18
            if fill and beat >= METER - 1:
                yield beat, 1 / STEPS, "snare", 0, 0.6 + 0.1 * (step % STEPS)
        for beat in range(METER):
            yield beat + 0.5, 0.5, "open hat", 0, 0.4

    def _hats_when_settled(self, bar: int, length: int) -> Iterator[Sound]:
        if bar == 0:
            yield 0.0, 0.25, "kick", 0, 0.8
        if bar >= length // 2:
            for beat in range(METER):
                yield beat, 0.25, "hat", 0, 0.3
                yield beat, 0.25, "kick", 0, 0.8

    def _roll(self, bar: int, length: int) -> Iterator[Sound]:
        """Yield a snare that doubles its pace towards the section's end."""
        left = length - bar
        pace = {1: STEPS, 2: 2}.get(left, 1)
        for index in range(METER * pace):
            rise = (bar + index / (METER * pace)) / length
            yield index / pace, 1 / pace, "snare", 0, 0.4 + 0.5 * rise
        for beat in range(METER):
            yield beat, 0.25, "kick", 0, 0.8

    def _last_hit(self, bar: int, length: int) -> Iterator[Sound]:
        if bar == 0:
            yield 0.0, 0.5, "kick", 0, 0.9
            yield 0.0, 0.5, "pluck", self._pitch(self._degree(0) % 7 + 7), 0.5

    def _ending(self, bar: int, length: int) -> Iterator[Sound]:
        if bar == 0:
            yield 0.0, 0.5, "kick", 0, 0.9
            yield 0.0, float(METER), "crash", 0, 1.0
            yield 0.0, 2.0, "bass", self._pitch(0, -1), 0.5
            for tone in (0, 2, 4, 7):
                yield 0.0, 2.0 * METER, "pad", self._pitch(tone), 0.15
                yield 0.0, 2.0, "pluck", self._pitch(tone, 1), 0.5
