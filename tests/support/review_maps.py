"""Small maps for the tests of the review, regular enough to have habits."""

from osu_beatmap.beatmap import (
    Beatmap,
    Circle,
    Difficulty,
    GameMode,
    HitSound,
    Metadata,
    SliderEdge,
    TimingPoint,
)
from tests.support.sliders import line_slider

BEAT_MS = 400.0
BEATS = 80


def regular_map(mode: GameMode = GameMode.STANDARD, beats: int = BEATS) -> Beatmap:
    """A circle on every beat, 100 px to and fro, a clap on every second one, a new combo on every bar."""
    circles = [
        Circle(
            1000.0 + BEAT_MS * beat,
            x=64.0 + 128.0 * (beat % 4) if mode is GameMode.MANIA else 200.0 + 100.0 * (beat % 2),
            y=192.0,
            new_combo=beat % 4 == 0,
            hitsound=HitSound.CLAP if beat % 2 else HitSound.NONE,
        )
        for beat in range(beats)
    ]
    return Beatmap(
        mode=mode,
        audio_filename="audio.ogg",
        metadata=Metadata(title="Regular", artist="Nobody", version="Normal", creator="us"),
        timing_points=[TimingPoint(1000.0, BEAT_MS)],
        hit_objects=list(circles),
        difficulty=Difficulty(circle_size=4.0),
        preview_time_ms=1000.0,
    )


def slider(time_ms: float, length_px: float = 140.0, slides: int = 1):
    edges = [SliderEdge() for _ in range(slides + 1)]
    return line_slider(time_ms, (100.0, 100.0), (240.0, 100.0), length_px=length_px, slides=slides, edges=edges)
