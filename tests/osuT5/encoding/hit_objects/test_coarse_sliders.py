"""Our events against those that the original program wrote for the same charts.

Where ours differ, they do on purpose, and the tests name each chart and how many of its groups. Left out of the
comparison everywhere are the places of slider ends, and the distances to and from them: the original samples curves
coarsely, while ours agree with osu! (see the tests of slider paths).
"""

import json
from collections import Counter
from dataclasses import replace

import pytest

from osu_beatmap.files.reader import parse_beatmap
from osuT5.encoding import encode_context, groups_from_events
from osuT5.tokens.events import ContextKind, Event, EventKind
from tests.support.encoding_charts import V29, V32

SONG_MS = 180_000.0
SPECS = {"v29": V29, "v32": V32}
CONTEXTS = {"map": ContextKind.MAP, "timing": ContextKind.TIMING, "kiai": ContextKind.KIAI, "sv": ContextKind.SV}

BEATLESS = "timing_from_tps_180s"
"""Only the lines of the chart are given, with a song of 180 s."""

PLACE_KINDS = (EventKind.DISTANCE, EventKind.POSITION, EventKind.POSITION_REFINE)

DOUBLED_END = "osu! knows no red anchor in a doubled last point, nor a corner in one of a straight path"
WHOLE_MS = "its sliders last whole milliseconds, the fraction dropped even where it is rounding noise"
PLAIN_EDGES = "edges without sounds of their own sound like their slider in osu!, and plain in it"
WHOLE_SECONDS = "a chart under a second has no longest tempo, since it counts whole seconds"

DIFFERENCES = {
    ("02", "map"): (1, DOUBLED_END),
    ("08", "map"): (2, DOUBLED_END),
    ("08", "timing"): (1, WHOLE_MS),
    ("10", "map"): (2, DOUBLED_END),
    ("12", "map"): (8, WHOLE_MS),
    ("14", "map"): (8, WHOLE_MS),
    ("16", "map"): (3, PLAIN_EDGES),
    ("34", "map"): (136, WHOLE_MS),
    ("39", "sv"): (1, WHOLE_SECONDS),
    ("50", "map"): (6, PLAIN_EDGES),
    ("52", "map"): (1, DOUBLED_END),
    ("54", "map"): (1, DOUBLED_END),
    ("56", "sv"): (1, WHOLE_SECONDS),
    ("58", "sv"): (1, WHOLE_SECONDS),
}
"""(chart, part): (how many groups differ at most, why)."""


@pytest.fixture(scope="module")
def archives(golden):
    """The contents of the two archives, by file name."""
    folders = {name: golden(name, "") for name in ("parse", "osu_inputs")}
    return {name: {p.name: p.read_text("utf-8") for p in folder.rglob("*.*")} for name, folder in folders.items()}


@pytest.fixture(scope="module")
def charts(archives):
    """The charts of the outputs, by the outputs' names without version."""
    stems = {name.rsplit(".", 2)[0] for name in archives["parse"]}
    return {stem: parse_beatmap(_input(archives["osu_inputs"], stem)) for stem in stems}


@pytest.mark.parametrize("part", [*CONTEXTS, BEATLESS])
@pytest.mark.parametrize("version", SPECS)
def test_events_are_those_of_the_original(archives, charts, version, part):
    spec = SPECS[version]
    differing = {}
    compared = 0
    for stem, chart in charts.items():
        written = json.loads(archives["parse"][f"{stem}.{version}.json"])[part]
        if "error" in written:  # the original fails at two catch charts
            continue
        subject = replace(chart, hit_objects=[]) if part == BEATLESS else chart
        context = ContextKind.TIMING if part == BEATLESS else CONTEXTS[part]
        ours = _comparable(encode_context(subject, context, spec, SONG_MS))
        theirs = _comparable(_groups(written["events"], spec))
        compared += 1
        if ours != theirs:
            differing[stem[:2]] = max((Counter(a) - Counter(b)).total() for a, b in ((ours, theirs), (theirs, ours)))
    allowed = {chart: count for (chart, its_part), (count, _) in DIFFERENCES.items() if its_part == part}
    assert differing.keys() == allowed.keys()
    assert all(count <= allowed[chart] for chart, count in differing.items()), differing
    assert compared >= 32


def _input(inputs, stem):
    """The chart of an output, whose name is the end of the chart's with odd characters replaced."""
    end = stem.partition("_")[2]
    matches = [text for name, text in inputs.items() if _tame(name.removesuffix(".osu")).endswith(end)]
    assert len(matches) == 1, stem
    return matches[0]


def _tame(name):
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in name)


def _groups(rows, spec):
    groups, lost = groups_from_events([Event(EventKind(kind), value) for kind, value in rows], spec)
    assert lost == 0
    return groups


def _comparable(groups):
    """The events of each group without the places of slider ends and the distances from them."""
    rows = []
    after_end = False
    for group in groups:
        is_end = group.kind is EventKind.SLIDER_END
        left_out = PLACE_KINDS if is_end else (EventKind.DISTANCE,) if after_end else ()
        rows.append(tuple(event for event in group.events if event.kind not in left_out))
        after_end = is_end
    return rows
