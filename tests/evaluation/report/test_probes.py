"""Do the metrics see? What each metric states of each probe holds, on charts from code and on held-out human charts."""

import numpy as np
import pytest

from benchmarks.probes import held_out_excerpts
from evaluation.bands import Bands
from evaluation.metrics import METRICS, Reaction
from evaluation.probes import PROBES
from evaluation.reference import band_of, load_bundled_bands, measure_human
from evaluation.report.probe_table import ProbeResult, list_reactions, run_probe
from osu_beatmap.beatmap import GameMode
from osu_beatmap.rules import Level
from tests.evaluation.probe_maps import chart_of, write_song

STATED = [pytest.param(*each, id=f"{each[0].name}-{each[1]}-{each[2].value}") for each in list_reactions()]
PROBED_SONGS, BAND_SONGS = range(3), range(8)
SONGS_OF_MODE, SECONDS = 2, 75.0


@pytest.fixture(scope="module")
def on_charts_from_code(tmp_path_factory) -> dict[tuple[str, str], ProbeResult]:
    folder = tmp_path_factory.mktemp("songs")
    bands = {}
    for mode in GameMode:
        humans = [measure_human(str(seed), chart_of(mode, seed)) for seed in BAND_SONGS]
        bands |= {(mode, level): band_of(humans) for level in Level}
    charts = []
    for seed in PROBED_SONGS:
        audio_path = write_song(folder, seed)
        charts += [(str(seed), chart_of(mode, seed, audio_path)) for mode in GameMode]
    return run_probe(charts, Bands(bands))


@pytest.mark.parametrize(("metric", "probe", "reaction"), STATED)
def test_a_metric_sees_what_it_states(on_charts_from_code, metric, probe, reaction):
    found = on_charts_from_code[metric.name, probe]
    assert found.fulfils(reaction, metric.visible), f"{found.before} -> {found.after}"


@pytest.fixture(scope="module")
def on_human_charts(shared_dir) -> dict[tuple[str, str], ProbeResult]:
    return run_probe(held_out_excerpts(shared_dir / "data" / "mapsets", SONGS_OF_MODE, SECONDS), load_bundled_bands())


@pytest.mark.parametrize(("metric", "probe", "reaction"), STATED)
def test_a_metric_sees_it_on_held_out_human_charts(on_human_charts, metric, probe, reaction):
    found = on_human_charts[metric.name, probe]
    assert found.fulfils(reaction, metric.visible), f"{found.before} -> {found.after}"


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_every_metric_must_see_something(metric):
    assert set(metric.reacts) <= set(PROBES)
    assert any(reaction is not Reaction.STAYS for reaction in metric.reacts.values())


def test_a_reaction_is_of_most_charts_and_large_enough():
    def found(*after):
        return ProbeResult(np.zeros(len(after)), np.array(after))

    assert found(0.2, 0.3, 0.0).fulfils(Reaction.RISES, 0.1)
    assert not found(0.2, 0.3, 0.0).fulfils(Reaction.FALLS, 0.1)
    assert not found(0.01, 0.01).fulfils(Reaction.RISES, 0.1)
    assert not found(-0.1, -0.1, 9.0).fulfils(Reaction.RISES, 0.1)
    assert found(0.0, 0.0).fulfils(Reaction.STAYS, 0.1)
    assert not found(0.0, 0.001).fulfils(Reaction.STAYS, 0.1)
