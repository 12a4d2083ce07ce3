"""The stage of places in a generation: when it does something, and what it asks for."""

from pathlib import Path

import pytest

from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.rules import Severity, check
from osu_diffusion.coarse_positions import move_to_grid
from osuT5.encoding import AssemblyReport
from osuT5.generation.window_schedule import GenerationReport
from osuT5.tokens.encoding_spec import MINI_ENCODING, EncodingSpec
from pipeline.finishing.finish import finish
from pipeline.generation.chart import Draft
from pipeline.generation.refinement import refine_draft
from pipeline.request.options import GenerationRequest, MapOptions, ModelOptions, PositionOptions, RequestError
from pipeline.request.resolve import resolve
from tests.osu_diffusion.point_maps import beatmap_of, every_kind, long_map
from tests.osu_diffusion.tiny_refiners import write_published

SONG_MS = 60_000.0


def draft_of(beatmap: Beatmap, encoding: EncodingSpec = MINI_ENCODING, is_exact: bool = False) -> Draft:
    attributes = Attributes(beatmap.mode, difficulty=4.0)
    parts = (GenerationReport(), AssemblyReport())
    return Draft(beatmap, attributes, "mini", encoding, SONG_MS, *parts, has_exact_positions=is_exact)


def refined(beatmap: Beatmap, encoding: EncodingSpec = MINI_ENCODING, is_exact: bool = False, **positions) -> Beatmap:
    request = GenerationRequest(
        map=MapOptions(gamemode=beatmap.mode), model=ModelOptions(device="cpu"), positions=PositionOptions(**positions)
    )
    return refine_draft(request, draft_of(beatmap, encoding, is_exact), seed=1)


def test_exact_positions_are_refined_by_a_chosen_refiner_or_from_noise_alone(tmp_path: Path) -> None:
    beatmap = move_to_grid(every_kind())
    assert refined(beatmap, is_exact=True) is beatmap
    assert refined(beatmap, is_exact=True, random_init=True, timesteps=2) != beatmap
    assert refined(beatmap, is_exact=True, diff_ckpt=str(write_published(tmp_path)), timesteps=2) != beatmap


def test_standard_and_catch_are_refined_unless_unwanted_and_other_modes_never() -> None:
    for mode in (GameMode.STANDARD, GameMode.CATCH):
        draft = move_to_grid(beatmap_of(*every_kind().hit_objects, mode=mode))
        assert refined(draft, timesteps=2) != draft
    draft = move_to_grid(every_kind())
    assert refined(draft, generate_positions=False) is draft
    taiko = beatmap_of(*draft.hit_objects, mode=GameMode.TAIKO)
    assert refined(taiko) is taiko


def test_another_refiner(tmp_path: Path) -> None:
    draft = move_to_grid(every_kind())
    assert refined(draft, diff_ckpt=str(write_published(tmp_path)), timesteps=2) != draft


def test_progress_is_told() -> None:
    told = []
    request = GenerationRequest(map=MapOptions(gamemode=GameMode.STANDARD), positions=PositionOptions(timesteps=3))
    progress = lambda *said: told.append(said)  # noqa: E731
    refine_draft(request, draft_of(move_to_grid(every_kind())), 1, progress)
    assert told == [("placing", 1, 3), ("placing", 2, 3), ("placing", 3, 3)]


def test_a_refined_map_has_no_problem_and_steps_are_a_number_or_a_list() -> None:
    draft = move_to_grid(long_map(150))
    beatmap, _ = finish(refined(draft, timesteps=3), SONG_MS)
    assert not [finding for finding in check(beatmap, SONG_MS) if finding.severity is Severity.PROBLEM]
    assert asked(timesteps="50").timesteps == 50
    assert asked(timesteps="[100,0,0,0,0,0,0,0,0,0]").timesteps == (100, *[0] * 9)
    assert asked(timesteps=[10, 5]).timesteps == (10, 5)
    assert asked().timesteps is None


def asked(**options) -> PositionOptions:
    return resolve({"audio_path": "song.mp3", **options}).positions


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"timesteps": "0"}, "timesteps must be within 1..1000, got 0"),
        ({"timesteps": "[0,0]"}, "timesteps must have at least one step"),
        (
            {"timesteps": "[101,0,0,0,0,0,0,0,0,0]"},
            "timesteps lists 10 sections of 100 steps each, so none can have 101",
        ),
        ({"timesteps": "many"}, "timesteps must be a whole number, got many"),
        ({"overlap_buffer": "512"}, "max_seq_len must be more than twice overlap_buffer"),
        ({"diff_cfg_scale": "-1"}, "diff_cfg_scale must be within 0..20"),
        ({"generate_positions": "perhaps"}, "generate_positions must be true or false"),
    ],
)
def test_wrong_options_get_a_sentence(options: dict, sentence: str) -> None:
    with pytest.raises(RequestError, match=sentence.replace("[", r"\[").replace(".", r"\.")):
        asked(**options)
