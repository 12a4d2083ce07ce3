"""Sane inputs for mutations: a song of clicks, and its charts.

There is a chart of each mode on the beats.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import soundfile

from osu_beatmap.beatmap import GameMode
from synthesis.mixing import render_song

SECONDS = 12.0
SONG_MS = 1000.0 * SECONDS
SAMPLE_RATE = 22_050
BEAT_MS = 500
FIRST_MS = 500

HEAD = """osu file format v14

[General]
AudioFilename: song.ogg
AudioLeadIn: 0
PreviewTime: 2500
Countdown: 0
SampleSet: Soft
StackLeniency: 0.7
Mode: {mode}

[Editor]
BeatDivisor: 4

[Metadata]
Title:Fuzz
Artist:Nobody
Creator:tester
Version:{name}
Tags:clicks test

[Difficulty]
HPDrainRate:5
CircleSize:4
OverallDifficulty:5
ApproachRate:5
SliderMultiplier:1.4
SliderTickRate:1

[Events]
0,0,"bg.jpg",0,0
2,5200,5900
Sprite,Foreground,Centre,"sb\\note.png",320,240
 F,0,0,1000,0,1

[TimingPoints]
500,500,4,2,1,60,1,0
2500,-80,4,2,1,60,0,1
4500,-100,4,2,1,70,0,0
8500,500,3,2,1,60,1,0

[Colours]
Combo1 : 200,100,50
Combo2 : 50,100,200

[HitObjects]
"""


def write_song(path: Path) -> Path:
    """Write the song as Ogg Vorbis, FLAC or WAV, by suffix."""
    audio, _ = render_song(1, 60_000 / BEAT_MS, float(FIRST_MS), SECONDS, sample_rate=SAMPLE_RATE)
    soundfile.write(path, audio, SAMPLE_RATE)
    return path


def sane_chart(mode: GameMode) -> str:
    """Return the text of a chart of a mode."""
    objects = _hold_notes() if mode is GameMode.MANIA else _circles_and_sliders()
    return HEAD.format(mode=int(mode), name=mode.name.title()) + "\n".join(objects) + "\n"


def _circles_and_sliders() -> Iterator[str]:
    for number in range(40):
        time_ms, x, y = FIRST_MS + number * BEAT_MS // 2, 80 + 37 * number % 352, 60 + 53 * number % 264
        combo = 4 if number % 8 == 0 else 0
        if number % 5 == 3 and number < 36:
            yield f"{x},{y},{time_ms},{2 | combo},0,B|{x + 40}:{y}|{x + 60}:{y + 30},2,35,2|0|8,0:0|0:0|1:2,0:0:0:0:"
        elif number % 5 != 4 or number >= 36:
            yield f"{x},{y},{time_ms},{1 | combo},{2 * (number % 3)},0:0:0:0:"
    yield "256,192,10750,12,0,11500,0:0:0:0:"


def _hold_notes() -> Iterator[str]:
    for number in range(40):
        time_ms, x = FIRST_MS + number * BEAT_MS // 2, 64 + 128 * (number % 4)
        if number % 3:
            yield f"{x},192,{time_ms},1,0,0:0:0:0:"
        else:
            yield f"{x},192,{time_ms},128,0,{time_ms + 400}:0:0:0:0:"
