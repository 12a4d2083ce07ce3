"""What a page shows of a result."""

from osu_beatmap.beatmap import Beatmap, TimingPoint
from pipeline.output.summary import timing_of


def test_each_predicted_red_line_is_shown_with_its_confidence():
    reds = [TimingPoint(100.0, 400.0, 4), TimingPoint(9_700.0, 351.0, 4)]
    beatmap = Beatmap(timing_points=[*reds, TimingPoint(500.0, -50.0, 4, uninherited=False)])
    assert timing_of(beatmap, [0.712, 0.05]) == [
        {"time_ms": 100.0, "bpm": 150.0, "confidence": 0.71},
        {"time_ms": 9_700.0, "bpm": 170.94, "confidence": 0.05},
    ]
    assert timing_of(beatmap, []) == [], "of given timing there is no confidence"
