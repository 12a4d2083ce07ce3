"""Which charts pass a filter, and whose wish is honoured."""

from dataclasses import replace

import pytest

from osu_beatmap.beatmap import GameMode
from osuT5.dataset.errors import CorpusError
from osuT5.dataset.files.chart_record import STAR_SPEEDS, ChartRecord, stars_at
from osuT5.dataset.files.filters import OPT_OUT_FILE, ChartFilter, OptOutList

RECORD = ChartRecord(
    mode=GameMode.MANIA,
    star_ratings=(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0),
    key_count=7,
    creator="Somebody",
    mapper_id=12,
    version="Another's Insane",
    status=1,
    ranked_year=2015,
)


@pytest.mark.parametrize(
    ("passing", "refused"),
    [
        ({}, {"gamemodes": (0, 1, 2)}),
        ({"gamemodes": (3,)}, {"gamemodes": (2,)}),
        ({"key_counts": (4, 7)}, {"key_counts": (4,)}),
        ({"min_difficulty": 3.0, "max_difficulty": 3.0}, {"min_difficulty": 3.1}),
        ({"ranked_statuses": (1, 2)}, {"ranked_statuses": (4,)}),
        ({"min_year": 2015, "max_year": 2015}, {"min_year": 2016}),
        ({"min_difficulty": 2.9}, {"max_difficulty": 2.9}),
        ({"min_year": 2014}, {"max_year": 2014}),
    ],
)
def test_a_chart_passes_what_asks_for_it(passing, refused):
    assert ChartFilter(**passing).refusal(RECORD) is None
    assert ChartFilter(**refused).refusal(RECORD)


def test_keys_are_asked_of_mania_alone_and_stars_lie_between_speeds():
    standard = replace(RECORD, mode=GameMode.STANDARD, key_count=None)
    assert ChartFilter(key_counts=(4,)).refusal(standard) is None
    assert [stars_at(RECORD.star_ratings, speed) for speed in STAR_SPEEDS] == list(RECORD.star_ratings)
    assert stars_at(RECORD.star_ratings, 1.375) == pytest.approx(4.5)
    assert stars_at(RECORD.star_ratings, 2.5) == 7.0


@pytest.mark.parametrize("wanted", [{"ranked_statuses": (1,)}, {"min_year": 2007}, {"max_year": 2030}])
def test_what_is_asked_for_and_unknown_is_refused(wanted):
    unknown = replace(RECORD, status=None, ranked_year=None)
    assert ChartFilter(**wanted).refusal(unknown)
    assert ChartFilter().refusal(unknown) is None


@pytest.mark.parametrize(
    ("opted_out", "lines"),
    [(True, ["12", "somebody", "SOMEBODY  # by mail", "Another"]), (False, ["13", "Some", "# Somebody"])],
)
def test_mappers_are_known_by_number_name_and_the_name_of_a_guest_chart(tmp_path, opted_out, lines):
    for line in lines:
        (tmp_path / "list.txt").write_text(f"# people\n\n{line}\n", encoding="utf-8")
        listed = OptOutList.read(tmp_path / "list.txt")
        assert (RECORD in listed) is opted_out, line
        assert (ChartFilter(opted_out=listed).refusal(RECORD) == "its mapper opted out") is opted_out, line


def test_a_list_that_is_not_there():
    with pytest.raises(CorpusError, match="cannot be read"):
        OptOutList.read(OPT_OUT_FILE.with_name("nowhere.txt"))
