"""Conditions of a map: attributes, descriptors, negative attributes, sampling."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from osu_beatmap.attributes import WITH_CIRCLES, Attributes
from osu_beatmap.beatmap import Beatmap, Difficulty, GameMode, HitSound, SampleSet, Slider
from osu_beatmap.user_tags import is_user_tag, user_tag_spellings
from osuT5.generation.rules.grammar import is_published
from osuT5.generation.sampling.sampler import Sampling, adapt_sampling
from osuT5.objects.generation import DrawOptions
from osuT5.tokens.contract import Contract
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import EventKind
from pipeline.generation.known_conditions import CONDITION_OF_OPTION
from pipeline.request.options import GenerationRequest, RequestError

TYPICAL_STARS = 4.0
"""Star rating for the settings of a map without a requested one."""

_ADDITIONS = HitSound.WHISTLE | HitSound.FINISH | HitSound.CLAP


def spell_descriptors(
    request: GenerationRequest, contract: Contract, tags: Collection[str] = ()
) -> tuple[GenerationRequest, list[str]]:
    """Spell descriptors as the model does; report untrained ones.

    Args:
        tags: Known descriptors besides those of the contract.

    Raises:
        RequestError: A descriptor is neither among those of the model nor a user tag of osu!.
    """
    wanted = request.map
    known = {name.casefold(): name for name in (*contract.tables.descriptor_index, *tags)}
    lost: list[str] = []
    spelled = {
        option: _spell(option, getattr(wanted, option), known, lost)
        for option in ("descriptors", "negative_descriptors")
    }
    given = [option for option in CONDITION_OF_OPTION if getattr(wanted, option) not in (None, ())]
    conditions = {*contract.conditions, *([EventKind.DESCRIPTOR] if tags else [])}
    unknown = [option for option in given if CONDITION_OF_OPTION[option] not in conditions]
    if "descriptors" in unknown:
        lost = []
    if "mapper_id" in given and "mapper_id" not in unknown and wanted.mapper_id not in contract.tables.mapper_index:
        lost.append(f"mapper_id={wanted.mapper_id}")
    notes = [
        f"The model {contract.name} does not use {_join_names(names)}, which had no effect."
        for names in (unknown, lost)
        if names
    ]
    return replace(request, map=replace(wanted, **spelled)), notes


def negative_attributes(target: Attributes, request: GenerationRequest) -> Attributes | None:
    """Return the attributes that guidance leads away from; None without guidance.

    With negative descriptors that is the same chart in their style, else a chart of which nothing was asked for: what
    the user wishes is unknown, and the difficulty is that of the chart so far wherever it can be rated
    (`ChartState.unlike`). What holds for any chart that could be written here (mode, keys, circle size, slider
    multiplier, hitsounds) stays.
    """
    if request.sampling.cfg_scale == 1:
        return None
    if request.map.negative_descriptors:
        return replace(target, descriptors=request.map.negative_descriptors)
    return replace(
        target,
        difficulty=None,
        hold_note_ratio=None,
        scroll_speed_ratio=None,
        year=None,
        mapper_id=None,
        descriptors=(),
    )


def remove_additions(beatmap: Beatmap) -> Beatmap:
    """Copy a map without hitsounds and without sample sets of objects.

    In taiko they stay, since they are the colours of notes.
    """
    if beatmap.mode is GameMode.TAIKO:
        return beatmap
    plain = copy.deepcopy(beatmap)
    for hit_object in plain.hit_objects:
        sounding = [hit_object, *(hit_object.edges if isinstance(hit_object, Slider) else ())]
        for part in sounding:
            part.hitsound &= ~_ADDITIONS
        for sets in (hit_object.sample, *sounding[1:]):
            sets.normal_set = sets.addition_set = SampleSet.AUTO
    return plain


def _spell(option: str, names: Iterable[str], known: dict[str, str], lost: list[str]) -> tuple[str, ...]:
    """Spell names as the model does; unknown ones also go to `lost`."""
    spelled = []
    for name in names:
        found = known.get(name.casefold()) or known.get(name.rpartition("/")[2].casefold())
        found = found or next((own for key, own in known.items() if key.endswith(f"/{name.casefold()}")), None)
        if found is None and not is_user_tag(name):
            near = get_close_matches(name.casefold(), [*known, *user_tag_spellings()], n=1)
            raise RequestError(f"{option}: there is no {name}" + (f"; did you mean {near[0]}?" if near else "."))
        if found is None:
            lost.append(name)
        spelled.append(found or name)
    return tuple(spelled)


def _join_names(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def conditions_of(request: GenerationRequest, settings: Difficulty, encoding: EncodingSpec) -> Attributes:
    """Return the attributes of a request, with the settings of its map.

    Hitsounds are requested by default. In mania, where most human-made maps have none, the bundled model decides.

    Args:
        encoding: Encoding of the model that generates the map.
    """
    attributes = request.attributes()
    if attributes.mode in WITH_CIRCLES:
        attributes = replace(attributes, circle_size=settings.circle_size, slider_multiplier=settings.slider_multiplier)
    if attributes.mode is GameMode.MANIA and attributes.key_count is None:
        attributes = replace(attributes, key_count=round(settings.circle_size))
    is_open = attributes.mode is GameMode.MANIA and not is_published(encoding)
    if attributes.hitsounded is None and not is_open:
        attributes = replace(attributes, hitsounded=True)
    return attributes


def expected_stars(request: GenerationRequest) -> float:
    """Return the requested star rating, or a typical one."""
    return TYPICAL_STARS if request.map.difficulty is None else request.map.difficulty


def raw_sampling(request: GenerationRequest) -> Sampling:
    """Return the sampling options as they are given."""
    return Sampling(**_draw_values(request), guidance_scale=request.sampling.cfg_scale)


def draw_options(request: GenerationRequest) -> DrawOptions:
    """Return the sampling options for objects on the beat clock."""
    return DrawOptions(**_draw_values(request), guidance=request.sampling.cfg_scale)


def _draw_values(request: GenerationRequest) -> dict[str, Any]:
    """Return the given sampling options, completed by the model's defaults."""
    options = request.sampling
    named = {"temperature": options.temperature, "top_p": options.top_p, "top_k": options.top_k}
    return {name: value for name, value in named.items() if value is not None}


def requested_sampling(request: GenerationRequest, contract: Contract) -> Sampling:
    """Return the sampling options for the model and the mode."""
    assert request.map.gamemode is not None, "the mode of the reference beatmap was not filled in"
    return adapt_sampling(contract, request.map.gamemode, raw_sampling(request))
