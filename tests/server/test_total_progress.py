"""One bar over all stages of a job."""

import zipfile

import pytest

from server.processing.total_progress import TotalProgress, count_maps


def shares(maps, reports):
    times_s = iter(range(1000))
    total = TotalProgress(maps, lambda: float(next(times_s)))
    return [total.progress_at(*report) for report in reports]


@pytest.mark.parametrize(
    ("maps", "stages"),
    [
        (1, ["map", "writing"]),
        (1, ["listening", "timing", "kiai", "map", "placing", "writing"]),
        (3, ["map", "map", "map", "map", "map", "writing"]),
        (2, ["reading timing", "reading map", "reading timing", "reading map"]),
        (1, ["a stage of another version", "map"]),
    ],
)
def test_progress_never_goes_back_and_says_how_long(maps, stages):
    found = shares(maps, [(stage, done, 10) for stage in stages for done in range(1, 11)])
    values = [each["share"] for each in found]
    assert values == sorted(values) and values[0] < 0.05 and 0.9 <= values[-1] <= 1.0
    assert found[0]["left_s"] is None and found[len(found) // 2]["left_s"] > 0


def test_half_of_a_mapset_is_about_half_of_the_bar():
    found = shares(4, [("map", done, 100) for _ in range(2) for done in range(1, 101)])
    assert found[-1]["share"] == pytest.approx(0.5, abs=0.07)


def test_maps_are_counted_from_the_options(tmp_path):
    with zipfile.ZipFile(tmp_path / "set.osz", "w") as archive:
        for name in ("a.osu", "b.osu", "song.mp3"):
            archive.writestr(name, "")
    assert count_maps({"beatmap_path": str(tmp_path / "set.osz")}) == 2
    assert count_maps({"beatmap_path": str(tmp_path / "none.osz")}) == 1
    assert count_maps({"difficulties": "1.8,3.5"}) == 2
    assert count_maps({"difficulties": ["1", "2", "3"]}) == 3
    assert (count_maps({"spread": "full"}), count_maps({})) == (5, 1)
