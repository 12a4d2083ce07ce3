"""From a published bundle to a map, on the default path and as the program has it that the bundle comes from."""

from dataclasses import replace

import pytest

from feedback.errors import UserError
from osu_beatmap.beatmap import Difficulty, GameMode
from osu_beatmap.files.reader import read_beatmap
from osu_beatmap.files.writer import save_beatmap
from osu_beatmap.rules import Severity, check
from osuT5.model.files.convert import convert_to_ours
from osuT5.model.files.find import BUNDLED_MODEL
from parity.window_schedule import OriginalWriter
from pipeline.generation.generate import generate
from pipeline.request.options import RequestError
from pipeline.request.resolve import resolve
from tests.support.published_bundles import FAMILIES, write_bundle
from tests.support.review_maps import regular_map
from tests.support.songs import write_song

SECONDS, MIDDLE_SECONDS = 33.0, 14.0
SHORT_SECONDS = 6.0
"""In parity nothing fills a map up, and a random model writes until it has no room left."""

WILD = {"parity": True, "temperature": 1.3, "top_p": 1.0}


@pytest.fixture(scope="module")
def song(tmp_path_factory):
    return write_song(tmp_path_factory.mktemp("song") / "song.flac", SECONDS)


@pytest.fixture(scope="module")
def short_song(tmp_path_factory):
    return write_song(tmp_path_factory.mktemp("song") / "short.flac", SHORT_SECONDS)


@pytest.fixture(scope="module")
def middle_song(tmp_path_factory):
    return write_song(tmp_path_factory.mktemp("song") / "middle.ogg", MIDDLE_SECONDS)


@pytest.fixture(scope="module")
def bundles(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundles")
    return {version: write_bundle(folder / version, version) for version in FAMILIES}


def request(song, bundle, output, **options):
    flat = {"audio_path": str(song), "model_path": str(bundle), "output_path": str(output), "device": "cpu", "seed": 3}
    return resolve({**flat, "lookback": 0.2, "lookahead": 0.2, **options})


@pytest.mark.parametrize("version", ["v30", "v31"])
def test_models_that_listen_for_a_chart_make_a_part_of_a_map(short_song, bundles, tmp_path, version):
    """Their timing is heard before the part is cut out, and there are no states of windows to cut with it."""
    part = {"start_time": 1_000, "end_time": 5_000, "temperature": 1.3}
    result = generate(request(short_song, bundles[version], tmp_path, **part))
    assert all(1_000 <= each.time_ms <= 5_000 for each in result.beatmap.hit_objects)


@pytest.mark.parametrize("version", FAMILIES)
def test_every_generation_makes_a_map_without_problems(song, bundles, tmp_path, version):
    """V30 among them, which hears beats only while it writes objects."""
    result = generate(request(song, bundles[version], tmp_path))
    assert result.beatmap.hit_objects
    on_disk = read_beatmap(result.osu_path)
    assert not [found for found in check(on_disk, SECONDS * 1000) if found.severity is Severity.PROBLEM]
    assert not [note for note in result.warnings if "of the generated tokens were unusable" in note]
    assert any(line.uninherited for line in on_disk.timing_points)


@pytest.mark.parametrize("mode", [GameMode.TAIKO, GameMode.CATCH, GameMode.MANIA])
def test_all_modes_come_out_whole(middle_song, bundles, tmp_path, mode):
    for version in ("v29", "v32"):
        result = generate(request(middle_song, bundles[version], tmp_path, gamemode=int(mode)))
        assert result.beatmap.mode is mode
        assert result.beatmap.hit_objects
        assert not [note for note in result.warnings if "of the generated tokens were unusable" in note]


@pytest.mark.parametrize("mode", [GameMode.TAIKO, GameMode.MANIA])
def test_guidance_counts_shares_for_every_generation(middle_song, bundles, tmp_path, mode):
    wanted = {"gamemode": int(mode), "cfg_scale": 3, "match_difficulty": False, "scroll_speed_ratio": 0.2}
    if mode is GameMode.MANIA:
        wanted |= {"hold_note_ratio": 0.5, "keycount": 4}
    for version in ("v29", "v32"):
        result = generate(request(middle_song, bundles[version], tmp_path, difficulty=3, **wanted))
        assert result.beatmap.mode is mode
        assert result.beatmap.hit_objects


def test_a_mode_that_a_model_was_never_told_of_is_refused(song, bundles, tmp_path):
    for parity in (False, True):
        with pytest.raises(RequestError, match="gamemode=3 is beyond v30"):
            generate(request(song, bundles["v30"], tmp_path, gamemode=3, parity=parity))
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def timed(short_song):
    """A map of the song in taiko, with its settings and its timing."""
    settings = Difficulty(hp_drain_rate=6.5, overall_difficulty=5.5, slider_multiplier=1.7)
    path = short_song.with_name("timed.osu")
    save_beatmap(replace(regular_map(GameMode.TAIKO, 11), audio_filename=short_song.name, difficulty=settings), path)
    return path


@pytest.mark.parametrize("version", FAMILIES)
def test_parity_has_the_defaults_of_the_original(short_song, bundles, tmp_path, version):
    result = generate(request(short_song, bundles[version], tmp_path, **WILD))
    assert read_beatmap(result.osu_path).difficulty == Difficulty(5.0, 4.0, 8.0, 9.0, 1.4, 1.0)


def test_parity_takes_from_a_reference_what_the_original_does(short_song, bundles, tmp_path, timed):
    wanted = {**WILD, "beatmap_path": str(timed), "in_context": ["TIMING"], "overall_difficulty": 3}
    made = read_beatmap(generate(request(short_song, bundles["v29"], tmp_path, **wanted)).osu_path)
    assert made.mode is GameMode.TAIKO
    assert (made.difficulty.hp_drain_rate, made.difficulty.overall_difficulty) == (6.5, 3.0)
    assert made.difficulty.slider_multiplier == 1.7
    reds = [(line.time_ms, line.beat_length_ms) for line in made.timing_points if line.uninherited]
    assert reds == [(1000.0, 400.0)]


def test_timing_comes_from_the_root_model_in_parity_too(short_song, bundles, tmp_path, monkeypatch):
    model = write_bundle(tmp_path / "model", "v29")
    write_bundle(model / "gamemode=1", "v29")
    heard = []
    write_context = OriginalWriter.write_context

    def noted(self, context, chart, begun=None):
        heard.append((self.spec.name, context.value))
        return write_context(self, context, chart, begun)

    monkeypatch.setattr(OriginalWriter, "write_context", noted)
    generate(request(short_song, model, tmp_path / "out", gamemode=1, **WILD))
    assert heard == [("model", "timing"), ("gamemode=1", "kiai"), ("gamemode=1", "map")]


def test_parity_is_for_published_models(short_song, tmp_path):
    with pytest.raises(RequestError, match="parity=true needs a published model"):
        resolve({"audio_path": str(short_song), "parity": "true"})
    with pytest.raises(UserError, match=r"parity=true is for published models: .* could not run mini"):
        generate(request(short_song, BUNDLED_MODEL, tmp_path, parity=True))
    assert not list(tmp_path.iterdir())


def test_a_seed_gives_the_same_bytes_from_a_converted_bundle_too(short_song, bundles, tmp_path):
    convert_to_ours(bundles["v29"], tmp_path / "ours", name="v29")
    sources = (bundles["v29"], tmp_path / "ours")
    one, other = (generate(request(short_song, source, tmp_path / "out", **WILD)) for source in sources)
    assert one.osu_path.read_bytes() == other.osu_path.read_bytes()


def test_parity_makes_timing_alone_by_the_rules_of_the_original(short_song, bundles, tmp_path):
    wanted = request(short_song, bundles["v29"], tmp_path, output_type="[TIMING]", **WILD)
    beatmap = generate(wanted).beatmap
    assert not beatmap.hit_objects
    assert all(line.uninherited for line in beatmap.timing_points)
    assert (beatmap.timing_points[0].sample_set, beatmap.difficulty.circle_size) == (2, 4.0)


def test_parity_refuses_a_context_that_the_model_does_not_read(short_song, bundles, tmp_path, timed):
    wanted = {"beatmap_path": str(timed), "in_context": "[TIMING,KIAI]", "gamemode": 1, **WILD}
    with pytest.raises(UserError, match=r"v32 does not read KIAI: remove it from in_context"):
        generate(request(short_song, bundles["v32"], tmp_path, **wanted))
    assert not list(tmp_path.iterdir())


def test_parity_notes_what_the_model_does_not_know(short_song, bundles, tmp_path):
    result = generate(request(short_song, bundles["v30"], tmp_path, year=2015, mapper_id=1, **WILD))
    assert any("does not use mapper_id" in note or "does not use year" in note for note in result.warnings)
