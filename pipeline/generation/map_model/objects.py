"""Objects of a map and sections of its song.

They come from the object model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from feedback.progress import Progress, Stage, silent
from osu_beatmap.attributes import Attributes, attributes_of
from osu_beatmap.beatmap import Beatmap, Difficulty, GameMode, HitSound, Slider, TimingPoint
from osu_beatmap.splice import Span
from osu_beatmap.star_rating import stars_or_none
from osu_beatmap.timing.active_point import Timing
from osu_beatmap.timing.edits import set_kiai
from osuT5.encoding import encode_context
from osuT5.encoding.hit_objects.hitsounds import Sound, sound_of
from osuT5.encoding.hit_objects.object_drafts import Draft
from osuT5.encoding.hitsound_merge import with_object_sounds
from osuT5.generation.chart_state import ChartState
from osuT5.generation.window_schedule import SongGenerator
from osuT5.objects.generation import DrawOptions, MapTarget, ObjectGenerator
from osuT5.objects.model.sections import kiai_spans_ms, phrase_volumes
from osuT5.objects.styles import Habit, Style, measure_styles, relative_styles
from osuT5.objects.tokens.chart_tokens import encode_chart
from osuT5.objects.tokens.drafts import DraftBuilder, edge_sounds
from osuT5.objects.tokens.fields import NONE
from osuT5.tokens.contract import Contract
from osuT5.tokens.events import ContextKind, EventGroup
from pipeline.generation.map_model.rhythm import SongRhythm, rhythm_conditions
from pipeline.generation.map_model.styles import (
    TAG_GUIDANCE,
    draw_hold_beats,
    draw_styles,
    draw_volume_contrast,
    wanted_styles,
    with_drawn_attributes,
    with_hold_tags,
)

EASIER_STARS = 0.4
"""How much lower the star condition of objects in standard is than that of their rhythm.

With the star rating of 40 human-made maps of training songs as condition, maps with as many objects a second as these
are harder by 0.21 stars, and by 0.08 with a condition lower by a tenth and `DISTANCE_TEMPERATURE`.
"""


def with_objects(
    chart: ChartState,
    rhythm: SongRhythm,
    lines: Sequence[TimingPoint],
    settings: Difficulty,
    writer: SongGenerator,
    draws: DrawOptions,
) -> ChartState:
    """Return a chart with its objects at its object times.

    Args:
        draws: Sampling options of objects.

    Raises:
        ModelError: The object model cannot be loaded.
    """
    song = rhythm.encode(lines)
    mode, keys = chart.attributes.mode, chart.attributes.key_count or 0
    styles = draw_styles(mode, chart.seed, writer.song_ms)
    network = rhythm.model.objects
    stars = rhythm_conditions(chart.attributes).stars
    attributes = with_drawn_attributes(with_hold_tags(chart.attributes), stars, chart.seed, writer.song_ms)
    hold_beats = draw_hold_beats(mode, stars, chart.seed, writer.song_ms)
    target = replace(_map_target(attributes, styles), hold_beats=hold_beats, spacing=chart.spacing)
    opposite = None if chart.negative is None else _opposite(chart)
    if opposite is None and target.styles != styles:
        draws, opposite = replace(draws, guidance=TAG_GUIDANCE), replace(target, styles=styles)
    drafts = ObjectGenerator(network, rhythm.sound(lines)).generate(
        song.clock.steps_at(chart.object_times_ms),
        target,
        DraftBuilder(mode, song.clock, Timing(list(lines)), settings, keys),
        chart.seed,
        draws,
        opposite,
        before=None if chart.before is None else encode_chart(chart.before, song.clock),
        progress=partial(writer.progress, Stage(ContextKind.MAP.value)),
    )
    contrast = draw_volume_contrast(mode, chart.seed, writer.song_ms)
    set_volumes(drafts, phrase_volumes(rhythm.sections(lines)[:, 1], song.clock, contrast))
    contexts: dict[ContextKind, Sequence[EventGroup]] = {**chart.contexts, ContextKind.MAP: []}
    if mode is GameMode.MANIA:
        # Most human-made maps keep one speed; a requested ratio of changes is matched in the finished map.
        contexts.setdefault(ContextKind.SV, chart.begun.get(ContextKind.SV, ()))
    return replace(chart, drafts=drafts, contexts=contexts)


def with_drawn_sounds(
    beatmap: Beatmap, rhythm: SongRhythm, span: Span, seed: int, draws: DrawOptions, progress: Progress = silent
) -> Beatmap:
    """Return a map with new hitsounds in a span; all else stays.

    Args:
        beatmap: Map of standard, catch or mania with red lines.
        draws: Sampling options of objects.

    Raises:
        ModelError: The object model cannot be loaded.
    """
    lines = [line for line in beatmap.timing_points if line.uninherited]
    song = rhythm.encode(lines)
    network, timing, tokens = rhythm.model.objects, Timing(beatmap.timing_points), encode_chart(beatmap, song.clock)
    attributes = replace(attributes_of(beatmap, stars_or_none(beatmap)), hitsounded=True)
    conditions, keys = rhythm_conditions(attributes), attributes.key_count or 0
    styles = measure_styles(tokens, beatmap.mode)
    styles = relative_styles(styles, beatmap.mode, conditions.stars, network.config.styles)
    times_ms = song.clock.times_at(tokens.steps)
    sounds = ObjectGenerator(network, rhythm.sound(lines)).draw_sounds(
        tokens,
        (times_ms >= span.start_ms) & (times_ms < span.end_ms),
        MapTarget(conditions, attributes, styles),
        DraftBuilder(beatmap.mode, song.clock, timing, beatmap.difficulty, keys),
        seed,
        draws,
        partial(progress, Stage.HITSOUNDS),
    )
    sounds[:, 1] = np.where(sounds[:, 1] == NONE, sounds[:, 0], sounds[:, 1])
    object_times_ms = np.array([obj.time_ms for obj in beatmap.hit_objects])
    places = np.searchsorted(tokens.steps, song.clock.steps_at(object_times_ms)).tolist()
    taken: set[int] = set()
    changed: list[Sequence[Sound]] = []
    for obj, place in zip(beatmap.hit_objects, places, strict=True):
        head, end = (sound_of(value) for value in sounds[place].tolist())
        plain = replace(head, hitsound=HitSound.NONE)
        if obj.time_ms not in span:
            changed.append([])
        elif isinstance(obj, Slider):
            _, *edges = edge_sounds(head, end, obj.slides)
            changed.append([head, plain, *edges])
        else:
            is_repeated = beatmap.mode is GameMode.MANIA and place in taken
            changed.append([plain if is_repeated else head])  # one note of a chord has the additions
        taken.add(place)
    return with_object_sounds(beatmap, changed)


def _map_target(attributes: Attributes, styles: Mapping[Style | Habit, float]) -> MapTarget:
    """Return the target of a map.

    Styles apply unless a tag sets others.
    """
    wanted = wanted_styles(attributes.descriptors, attributes.mode)
    # A map that is drawn with a mean distance has more stacks than human-made ones, so only a tag asks for one.
    loose = {Style.SPACING} - set(wanted)
    conditions = rhythm_conditions(attributes)
    if conditions.mode is GameMode.STANDARD:
        conditions = replace(conditions, stars=max(0.0, conditions.stars - EASIER_STARS))
    return MapTarget(conditions, attributes, {**styles, **wanted}, loose)


def _opposite(chart: ChartState) -> MapTarget:
    """Return the negative target of guidance, at the map's star rating."""
    return _map_target(with_hold_tags(replace(chart.negative, difficulty=chart.attributes.difficulty)), {})


def add_kiai(chart: ChartState, rhythm: SongRhythm, lines: Sequence[TimingPoint], contract: Contract) -> None:
    """Add the kiai time of a song to a chart without it."""
    if ContextKind.KIAI in chart.contexts or not lines:
        return
    song = rhythm.encode(lines)
    spans = kiai_spans_ms(rhythm.sections(lines)[:, 0], song.clock)
    first_ms = lines[0].time_ms
    kept = [(max(start_ms, first_ms), end_ms) for start_ms, end_ms in spans if end_ms > first_ms]
    beatmap = Beatmap(mode=chart.attributes.mode, timing_points=set_kiai(list(lines), kept))
    chart.contexts[ContextKind.KIAI] = encode_context(beatmap, ContextKind.KIAI, contract.encoding, song.clock.end_ms)


def set_volumes(drafts: Sequence[Draft], changes: Sequence[tuple[float, int]]) -> None:
    """Let the first object after each change of volume state it.

    Args:
        changes: (time_ms, volume in percent), in order.
    """
    last = None
    for draft in sorted(drafts, key=lambda draft: draft.obj.time_ms):
        time_ms = draft.obj.time_ms
        volume = next((volume for start_ms, volume in reversed(changes) if start_ms <= time_ms + 1), changes[0][1])
        if volume != last:
            draft.volumes = [(time_ms, volume)]
        last = volume
