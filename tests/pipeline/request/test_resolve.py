"""Flat options -> request: values, defaults that depend on others, and one sentence for everything wrong."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from modding.options import resolve_review
from model_files.errors import ModelError
from osu_beatmap.beatmap import Beatmap, Difficulty, GameMode, Metadata
from osu_beatmap.errors import BeatmapError
from osuT5.audio.decode import AudioError
from osuT5.tokens.events import ContextKind
from pipeline.output.settings import typical_settings
from pipeline.request.contents import check_contents
from pipeline.request.inference_options import MAX_SEED
from pipeline.request.input_files import check_files, check_writable_folder
from pipeline.request.options import RequestError, SamplingOptions, nearest_option, option_fields
from pipeline.request.resolve import fill_from_beatmap, resolve

SONG = {"audio_path": "song.mp3"}
MAP = {"beatmap_path": "maps/map.osu"}


def test_a_song_is_enough() -> None:
    request = resolve(SONG)
    assert request.song.audio_path == Path("song.mp3")
    assert request.map.gamemode is GameMode.STANDARD
    assert request.sampling == SamplingOptions()
    assert request.scope.output_type == (ContextKind.TIMING, ContextKind.KIAI, ContextKind.MAP, ContextKind.SV)
    assert request.output.export_osz


def test_text_and_typed_values_mean_the_same() -> None:
    text = {"gamemode": "3", "difficulty": "5.5", "hitsounded": "True", "keycount": "7", "tags": "a b", "seed": "1"}
    typed = {"gamemode": 3, "difficulty": 5.5, "hitsounded": True, "keycount": 7, "tags": ["a", "b"], "seed": 1}
    assert resolve({**SONG, **text}) == resolve({**SONG, **typed})


@pytest.mark.parametrize("empty", [None, "", "null", [], "[]"])
def test_empty_means_default(empty: object) -> None:
    names = set(option_fields()) - {"audio_path"}
    assert resolve({**dict.fromkeys(names, empty), **SONG}) == resolve(SONG)


def test_values_keep_what_songs_are_called() -> None:
    request = resolve({"audio_path": "a=b/[x] (y) 'z'.mp3", "title": "f(x) = {y}, #1"})
    assert request.song.audio_path == Path("a=b/[x] (y) 'z'.mp3")
    assert request.song.title == "f(x) = {y}, #1"


@pytest.mark.parametrize("text", ["[jump aim, 'tech']", "jump aim,tech", '["jump aim",tech]'])
def test_lists_with_and_without_brackets_and_quotes(text: str) -> None:
    assert resolve({**SONG, "descriptors": text}).map.descriptors == ("jump aim", "tech")


@pytest.mark.parametrize("name", ["mania", "MANIA", "osu!mania", "3", 3])
def test_modes_have_names(name: object) -> None:
    assert resolve({**SONG, "gamemode": name}).map.gamemode is GameMode.MANIA


def test_a_large_seed_keeps_its_last_digit() -> None:
    assert resolve({**SONG, "seed": str(MAX_SEED)}).sampling.seed == MAX_SEED


def test_given_timing_is_not_generated() -> None:
    scope = resolve({**SONG, **MAP, "in_context": "[timing]"}).scope
    assert scope.in_context == (ContextKind.TIMING,)
    assert scope.output_type == (ContextKind.KIAI, ContextKind.MAP, ContextKind.SV)


WRONG = [
    ({}, "audio_path is missing"),
    ({"difficulty": "31"}, "difficulty must be within 0..12, got 31."),
    ({"difficulty": "abc"}, "difficulty must be a number within 0..12, got abc."),
    ({"difficulty": "5,5"}, "difficulty must be a number within 0..12, got 5,5; write 5.5."),
    ({"difficulty": "nan"}, "difficulty must be a number within 0..12, got nan."),
    ({"difficulty": "1e999"}, "difficulty must be a number within 0..12, got 1e999."),
    ({"difficulty": True}, "difficulty must be a number within 0..12, got True."),
    ({"gamemode": 7}, "gamemode must be 0 (osu!standard), 1 (taiko), 2 (catch) or 3 (mania), or a name, got 7."),
    ({"hitsounded": "maybe"}, "hitsounded must be true or false, got maybe."),
    ({"year": "1999"}, "year must be within 2007..2076, got 1999."),
    ({"seed": "-1"}, f"seed must be within 0..{MAX_SEED}, got -1."),
    ({"seed": "1.5"}, "seed must be a whole number, got 1.5."),
    ({"seed": "abc"}, "seed must be a whole number, got abc."),
    ({"start_time": "1:20"}, "start_time must be a whole number of ms, got 1:20."),
    ({"gamemode": "quaver"}, "gamemode must be 0 (osu!standard), 1 (taiko)"),
    ({"preview_time": -5}, "preview_time must be 0 or more, got -5."),
    ({"approach_rate": "9.25"}, "approach_rate may have 1 decimal at most, got 9.25."),
    ({"title": "a\nb"}, "title must be one line of text"),
    ({"tags": "x" * 1001}, "tags must have at most 1000 characters, got 1001."),
    ({"descriptors": "[a,b"}, "descriptors must be a list such as [a,b], got [a,b."),
    ({"precision": "fp8"}, "precision must be one of fp32, bf16, fp16, int8, got fp8."),
    ({"device": "gpu"}, "device must be auto, cpu, cuda"),
    ({"output_path": "my.osz"}, "output_path is the folder for the map"),
    ({"in_context": "[TIMNG]"}, "in_context must be a list of NONE, TIMING"),
    ({"in_context": "[TIMING]"}, "in_context needs a reference map"),
    ({"in_context": "[NONE,TIMING]", **MAP}, "in_context must be either [NONE] or"),
    ({"in_context": "[TIMING]", "output_type": "[TIMING,MAP]", **MAP}, "TIMING is in in_context and in output_type"),
    (
        {"in_context": "[TIMING]", "super_timing": "true", **MAP},
        "super_timing predicts the timing, but TIMING is not in",
    ),
    ({"timer_iterations": 0}, "timer_iterations must be within 1..1000, got 0."),
    ({"output_type": "[GD]"}, "output_type may contain TIMING, KIAI, MAP, SV, got GD."),
    ({"output_type": "[MAP]"}, "A map needs its timing"),
    ({"output_type": "[TIMING,SV]"}, "SV goes with the objects of a map"),
    ({"in_context": "[TIMING,KIAI,MAP,GD]", **MAP}, "GD is the reference for a new map"),
    ({"in_context": "[TIMING,KIAI,MAP]", "output_type": "[]", **MAP, "add_to_beatmap": 1}, "add_to_beatmap must be"),
    ({"in_context": "[NO_HS]", "output_type": "[TIMING,MAP]", **MAP}, "TIMING is in in_context and in output_type"),
    ({"in_context": "[NO_HS,MAP]", **MAP}, "MAP is in in_context and in output_type"),
    ({"add_to_beatmap": "true"}, "add_to_beatmap needs a reference map"),
    ({"add_to_beatmap": "true", "output_type": "[TIMING,MAP]", **MAP}, "add_to_beatmap=true keeps the timing"),
    ({"overwrite_reference_beatmap": "true", **MAP}, "overwrite_reference_beatmap=true needs add_to_beatmap=true"),
    ({"start_time": 500, "output_type": "[TIMING]"}, "start_time and end_time are for objects"),
    ({"start_time": 500, "end_time": 400}, "end_time must be later than start_time (500), got 400."),
    ({"top_p": 0}, "top_p must be above 0"),
    ({"lookback": 0.6, "lookahead": 0.4}, "lookback and lookahead together"),
    ({"keycount": 4}, "keycount is for mania (gamemode=3) only, but gamemode is 0."),
    ({"gamemode": 2, "scroll_speed_ratio": 0.5}, "scroll_speed_ratio is for taiko and mania"),
    ({"gamemode": 3, "circle_size": 4}, "circle_size has no meaning in mania"),
    ({"reference": "true", "precision": "bf16"}, "reference=true computes in fp32, but precision is bf16."),
    ({"precision": "int8", "device": "cuda:1"}, "precision=int8 is for the CPU, but device is cuda:1."),
    ({"dificulty": 5}, "There is no option dificulty; did you mean difficulty?"),
    ({"wobble": 5}, "There is no option wobble; -h lists them all."),
]


@pytest.mark.parametrize(("options", "sentence"), WRONG, ids=[sentence[:40] for _, sentence in WRONG])
def test_wrong_options_get_one_sentence(options: dict, sentence: str) -> None:
    with pytest.raises(RequestError) as error:
        resolve({**SONG, **options} if options else {})
    assert str(error.value).startswith(sentence)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("typed", "meant"), [("cs", "circle_size"), ("keycounts", "keycount"), ("zzz", None)])
def test_nearest_option(typed: str, meant: str | None) -> None:
    assert nearest_option(typed, option_fields()) == meant


def _reference(mode: GameMode = GameMode.TAIKO) -> Beatmap:
    return Beatmap(mode=mode, audio_filename="a.mp3", preview_time_ms=-1, metadata=Metadata(title="T", tags=["x"]))


def test_a_reference_beatmap_fills_what_is_not_given() -> None:
    request = fill_from_beatmap(resolve({**MAP, "title": "mine"}), _reference())
    assert request.song.audio_path == Path("maps/a.mp3")
    assert (request.song.title, request.song.artist, request.song.tags) == ("mine", None, ("x",))
    assert request.song.preview_time_ms is None
    assert request.map.gamemode is GameMode.TAIKO


def test_a_reference_beatmap_may_have_the_wrong_mode() -> None:
    request = resolve({**MAP, "keycount": 4})
    with pytest.raises(RequestError, match=r"^keycount is for mania"):
        fill_from_beatmap(request, _reference())


def test_a_reference_beatmap_without_audio_asks_for_it() -> None:
    reference = _reference()
    reference.audio_filename = ""
    with pytest.raises(RequestError, match="give one with audio_path"):
        fill_from_beatmap(resolve(MAP), reference)


@pytest.mark.parametrize("mode", GameMode)
def test_suited_settings_grow_with_the_stars_and_fit_the_file(mode: GameMode) -> None:
    settings = [typical_settings(mode, stars / 10) for stars in range(131)]
    for easier, harder in pairwise(settings):
        assert easier.overall_difficulty <= harder.overall_difficulty
        assert easier.approach_rate <= harder.approach_rate
        assert easier.slider_multiplier <= harder.slider_multiplier
    for one in settings:
        for value in (one.hp_drain_rate, one.circle_size, one.overall_difficulty, one.approach_rate):
            assert 0 <= value <= 10
            assert value == round(value, 1)
        assert one.slider_tick_rate in (1, 2)


def test_suited_settings_at_and_between_rows() -> None:
    assert typical_settings(GameMode.STANDARD, 4.0) == Difficulty(5.0, 4.0, 7.0, 8.0, 1.5, 1.0)
    assert typical_settings(GameMode.STANDARD, 4.5) == Difficulty(5.5, 4.0, 7.5, 8.5, 1.6, 1.0)
    assert typical_settings(GameMode.STANDARD, 0) == typical_settings(GameMode.STANDARD, 1.5)


def test_given_settings_are_exact_and_the_rest_is_suited() -> None:
    request = resolve({**SONG, "approach_rate": 9.7, "slider_multiplier": 1.85})
    settings = request.difficulty_settings(4.0)
    assert settings == Difficulty(5.0, 4.0, 7.0, 9.7, 1.85, 1.0)
    assert resolve({**SONG, "gamemode": 3, "keycount": 7}).difficulty_settings(3).circle_size == 7


@pytest.mark.parametrize(("content", "is_kept"), [(b"\xff\xd8\xff\xe0", True), (b"RIFF", False), (None, False)])
def test_the_background_of_a_reference_is_kept_where_it_is_a_picture(
    tmp_path: Path, content: bytes | None, is_kept: bool
) -> None:
    picture = tmp_path / "bg.jpg"
    if content is not None:
        picture.write_bytes(content)
    reference = _reference()
    reference.background = picture.name
    request = fill_from_beatmap(resolve({"beatmap_path": str(tmp_path / "map.osu")}), reference)
    assert request.song.background == (picture if is_kept else None)


def test_files_are_checked_before_work_starts(tmp_path: Path) -> None:
    song, text = tmp_path / "song.mp3", tmp_path / "notes.txt"
    song.touch()
    text.touch()
    fake = tmp_path / "fake.png"
    fake.write_bytes(b"<html>")
    here = {"audio_path": str(song), "output_path": str(tmp_path / "new" / "folder")}
    check_files(resolve(here))
    assert not (tmp_path / "new").exists()
    for options, sentence in (
        ({"audio_path": str(tmp_path / "no.mp3")}, "There is no file at"),
        ({"audio_path": str(tmp_path)}, "audio_path must be a file"),
        ({"beatmap_path": str(text)}, "beatmap_path must be a .osu or .osz file"),
        ({"background": str(fake)}, "background must be a .jpg or .png picture"),
        ({"background": str(tmp_path / "no.png")}, "There is no file at"),
        ({"model_path": "some one/model"}, "model_path must be a folder or a hub id"),
        ({"lora_path": "./adapter"}, "lora_path must be a folder or a hub id"),
        ({"output_path": str(text)}, "output_path must be a folder"),
        ({"output_path": str(text / "deeper")}, "output_path must be a folder"),
    ):
        with pytest.raises((RequestError, ModelError), match=sentence):
            check_files(resolve({**here, **options}))
    check_files(resolve({**here, "model_path": "someone/model", "lora_path": "someone/adapter@v2"}))


def test_a_missing_file_whose_name_a_shell_cuts_gets_a_hint_on_quotes(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r'put quotes around the option: "audio_path=\.\.\."'):
        check_files(resolve({"audio_path": str(tmp_path / "song (TV Size).mp3")}))


def test_a_folder_that_takes_no_files_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with pytest.raises(RequestError, match=r"^output_path cannot be written to: .*Permission denied"):
        check_writable_folder("output_path", tmp_path)


PARITY = {"audio_path": "song.mp3", "model_path": "OWNER/NAME", "parity": "true"}


@pytest.mark.parametrize(
    "options",
    [
        {"super_timing": "true"},
        {"timer_iterations": 5},
        {"difficulty": 4, "difficulty_attempts": 2},
        {"diff_ckpt": "OWNER/REFINER"},
        {"timesteps": 10},
        {"diff_cfg_scale": 2},
        {"refine_iters": 10},
        {"random_init": "true"},
        {"max_seq_len": 512},
        {"overlap_buffer": 0},
        {"cfg_scale": 0.5},
        {"beatmap_path": "map.osu", "in_context": "[GD]"},
        {"beatmap_path": "map.osu", "in_context": "[NO_HS]"},
    ],
)
def test_what_parity_does_not_do_is_refused(options):
    name = "in_context" if "in_context" in options else list(options)[-1]
    resolve({**PARITY, **options, "parity": "false"})
    with pytest.raises(RequestError, match=rf"\b{name}\b.*parity=true"):
        resolve({**PARITY, **options})


def test_switching_off_what_parity_does_not_do_is_fine():
    request = resolve({**PARITY, "difficulty": 4, "match_difficulty": "false", "generate_positions": "false"})
    assert request.model.parity


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        (
            {"start_time": 1, "end_time": 11},
            "10 ms long, but times are in ms: for seconds, give start_time=1000 end_time=11000.",
        ),
        (
            {"start_time": 60, "end_time": 90},
            "30 ms long, but times are in ms: for seconds, give start_time=60000 end_time=90000.",
        ),
        ({"end_time": 200}, "200 ms long, but times are in ms: for seconds, give start_time=0 end_time=200000."),
        ({"start_time": 9, "end_time": 9}, "end_time must be later than start_time (9), got 9."),
        ({"start_time": 60_000, "end_time": 60_400}, None),
        ({"start_time": 1000, "end_time": 11_000}, None),
        ({"start_time": 5}, None),
    ],
)
def test_seconds_are_not_taken_for_a_part_of_ms(part: dict[str, int], sentence: str | None) -> None:
    if sentence is None:
        assert resolve({**SONG, **part}).scope.is_part
        resolve_review({**MAP, **part})
        return
    for read, song in ((resolve, SONG), (resolve_review, MAP)):
        with pytest.raises(RequestError) as error:
            read({**song, **part})
        assert sentence in str(error.value)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"in_context": "[NO_HS]"}, "NO_HS needs a reference map with objects"),
        ({"in_context": "[MAP]", "output_type": "[TIMING]"}, "MAP needs a reference map with objects"),
        ({"in_context": "[GD]"}, "GD needs a reference map with objects"),
        ({"add_to_beatmap": "true"}, "add_to_beatmap needs a map with timing, but map.osu has no red line"),
        ({"in_context": "[TIMING]"}, r"in_context=\[TIMING\] needs a beatmap_path whose beatmap has timing"),
    ],
)
def test_a_reference_has_what_it_is_to_give(options: dict[str, str], sentence: str) -> None:
    with pytest.raises(RequestError, match=sentence):
        fill_from_beatmap(resolve({**MAP, **options}), Beatmap())


def test_a_song_that_is_none_is_refused_before_models_load(tmp_path: Path) -> None:
    song, chart = tmp_path / "README.md", tmp_path / "map.osu"
    song.write_text("no song", encoding="utf-8")
    with pytest.raises(AudioError, match="not an audio file"):
        check_contents(resolve({"audio_path": str(song)}))
    chart.write_text("no map", encoding="utf-8")
    with pytest.raises(BeatmapError, match="not an osu! beatmap"):
        check_contents(resolve({"audio_path": str(song), "beatmap_path": str(chart)}))
