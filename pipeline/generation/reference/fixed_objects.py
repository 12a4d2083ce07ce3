"""New timing, kiai, scroll speeds or hitsounds around objects that stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from feedback.progress import Progress, silent
from osu_beatmap.beatmap import Beatmap, GameMode, Slider, TimingPoint
from osu_beatmap.timing.active_point import Timing, slider_duration_ms, slider_velocity_px_per_ms
from osu_beatmap.timing.edits import drop_redundant, set_kiai, with_sv_changes
from osuT5.encoding import assemble, encode_context
from osuT5.encoding.hitsound_merge import with_sounds
from osuT5.encoding.kiai import decode_kiai
from osuT5.generation.hitsounds import write_sounds
from osuT5.tokens.events import ContextKind
from pipeline.finishing.finish import finish_timing
from pipeline.finishing.presentation import AI_TAG
from pipeline.finishing.working_map import with_sound
from pipeline.generation.chart import PreparedChart, prepare_chart, write_charts
from pipeline.generation.map_model.objects import with_drawn_sounds
from pipeline.generation.matching.scroll_speeds import USUAL_RATIO, with_scroll_speed_ratio
from pipeline.generation.reference.reference_parts import with_reference_parts
from pipeline.output.osz import span_of
from pipeline.output.summary import GenerationSummary
from pipeline.request.options import GenerationRequest

COLOURS_STAY = "In taiko, hitsounds are the colours of notes: the map is unchanged."
"""Note on hitsounds by a map model; models of event tokens draw colours for the rhythm."""


def generate_parts(
    request: GenerationRequest, reference: Beatmap | None, seed: int, progress: Progress = silent
) -> tuple[Beatmap, GenerationSummary]:
    """Generate parts around fixed objects, or a map without objects."""
    begun = prepare_chart(request, reference, seed, progress)
    spec, song_ms, confidences = begun.writer.spec, begun.writer.song_ms, begun.timing_confidences
    account = GenerationSummary(spec.name, song_ms, list(begun.notes), timing_confidences=confidences)
    if ContextKind.NO_HS in request.scope.in_context:
        assert reference is not None, "NO_HS is given by a reference"
        if begun.rhythm is not None and reference.mode is GameMode.TAIKO:
            account.notes.append(COLOURS_STAY)
            return reference, account
        return _add_ai_tag(with_new_sounds(request, reference, begun)), account
    if begun.rhythm is None:
        write_charts(begun.writer, [begun.chart], begun.sampling)
    if request.scope.keeps_objects:
        assert reference is not None, "MAP is given by a reference"
        return _add_ai_tag(_with_new_lines(request, reference, begun)), account
    lines = set_kiai(begun.lines, _kiai_spans(begun))
    beatmap = Beatmap(mode=begun.chart.attributes.mode, difficulty=begun.settings, timing_points=lines)
    return with_reference_parts(finish_timing(beatmap, begun.writer.song_ms), request.scope, reference), account


def with_new_sounds(request: GenerationRequest, reference: Beatmap, begun: PreparedChart) -> Beatmap:
    """Regenerate the hitsounds in the requested part; keep everything else."""
    span = span_of(request.scope)
    if begun.rhythm is not None:
        progress = begun.writer.progress
        return with_drawn_sounds(reference, begun.rhythm, span, begun.chart.seed, begun.draws, progress)
    encoding, song_ms = begun.writer.spec.encoding, begun.writer.song_ms
    groups = encode_context(reference, ContextKind.MAP, encoding, song_ms)
    sounding = write_sounds(begun.writer, begun.chart, groups, begun.sampling, span.start_ms, span.end_ms)
    return with_sounds(reference, sounding, encoding)


def _with_new_lines(request: GenerationRequest, reference: Beatmap, begun: PreparedChart) -> Beatmap:
    """Put the reference's objects on new timing points, unchanged.

    Their times and lengths stay.
    """
    made = request.scope.output_type
    lines = list(reference.timing_points)
    if ContextKind.TIMING in made:
        lines = _carry_to_reds(reference, begun.lines)
    if ContextKind.KIAI in made:
        lines = set_kiai(lines, _kiai_spans(begun))
    if ContextKind.SV in made and reference.mode is GameMode.MANIA:
        # By a map model, only if they are requested: its rule knows less than the mapper.
        ratio = USUAL_RATIO if made == (ContextKind.SV,) else None
        ratio = ratio if request.map.scroll_speed_ratio is None else request.map.scroll_speed_ratio
        lines = _with_scroll_speeds(lines, reference, begun, ratio)
    return replace(reference, timing_points=drop_redundant(lines))


def _carry_to_reds(reference: Beatmap, reds: Sequence[TimingPoint]) -> list[TimingPoint]:
    """Carry sounds and slider durations over to new red lines."""
    old, new = Timing(reference.timing_points), Timing(reds)
    times_ms = _times_ms([*reference.timing_points, *reds])
    changes = []
    for obj in reference.hit_objects:
        speed = old.sv_at(obj.time_ms)
        if isinstance(obj, Slider):
            duration_ms = slider_duration_ms(obj, old, reference.difficulty)
            plain = slider_velocity_px_per_ms(obj.time_ms, new, reference.difficulty)
            if duration_ms > 0:
                speed = obj.slides * obj.length_px / duration_ms / plain
        changes.append((obj.time_ms, speed))
    lines = []
    starts = {red.time_ms: red for red in reds}
    for time_ms in (time_ms for time_ms in times_ms if time_ms >= reds[0].time_ms):
        green = TimingPoint(time_ms, -100.0, new.red_at(time_ms).meter, uninherited=False)
        line = starts.get(time_ms, green)
        lines.append(with_sound(line, old.line_at(time_ms), effects=int(old.kiai_at(time_ms))))
    first_ms = reds[0].time_ms
    stated = {max(time_ms, first_ms): speed for time_ms, speed in changes}
    return with_sv_changes(lines, sorted(stated.items()))


def _kiai_spans(begun: PreparedChart) -> list[tuple[float, float]]:
    """Return the decoded kiai times, on beats after the first one."""
    timing, song_ms = Timing(begun.lines), begun.writer.song_ms
    first_beat_ms = timing.reds[0].time_ms + timing.reds[0].beat_length_ms
    spans = []
    for start_ms, end_ms in decode_kiai(begun.chart.contexts.get(ContextKind.KIAI, ())):
        start_ms, end_ms = (timing.snap(min(edge_ms, song_ms), 1) for edge_ms in (start_ms, end_ms))
        if max(start_ms, first_beat_ms) < end_ms <= song_ms:
            spans.append((max(start_ms, first_beat_ms), end_ms))
    return spans


def _with_scroll_speeds(
    lines: Sequence[TimingPoint], reference: Beatmap, begun: PreparedChart, ratio: float | None
) -> list[TimingPoint]:
    """Replace the scroll speeds of timing points.

    Those of a map model go there and back on strong beats, by a rule; without a ratio, the given ones stay.
    """
    if begun.rhythm is not None and ratio is None:
        return list(lines)
    if begun.rhythm is None:
        parts = {part: begun.chart.contexts[part] for part in (ContextKind.MAP, ContextKind.SV)}
        keys, encoding = reference.key_count, begun.writer.spec.encoding
        written, _ = assemble(parts, reference.mode, begun.lines, begun.settings, keys, encoding)
    else:
        lines = with_sv_changes(lines, [(min(_times_ms(lines)), 1.0)])
        plain = replace(reference, timing_points=lines)
        written = with_scroll_speed_ratio(plain, ratio, begun.writer.song_ms)
    timing = Timing(written.timing_points)
    return with_sv_changes(lines, [(time_ms, timing.sv_at(time_ms)) for time_ms in _times_ms(written.timing_points)])


def _times_ms(lines: Sequence[TimingPoint]) -> list[float]:
    return sorted({line.time_ms for line in lines})


def _add_ai_tag(beatmap: Beatmap) -> Beatmap:
    """Add the tag that discloses AI use."""
    tags = beatmap.metadata.tags
    told = tags if AI_TAG in tags else [*tags, AI_TAG]
    return replace(beatmap, metadata=replace(beatmap.metadata, tags=told))
