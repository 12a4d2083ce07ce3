"""Spans of an existing map, regenerated between objects that stay."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from feedback.progress import Progress, silent
from osu_beatmap.beatmap import Beatmap, TimingPoint
from osu_beatmap.files.reader import decode_osu_bytes, parse_beatmap
from osu_beatmap.rules import Finding, Severity, check
from osu_beatmap.song_bounds import part_in_song
from osu_beatmap.splice import Span, splice
from osu_beatmap.timing.active_point import Timing
from osu_beatmap.timing.beat_grid import sort_lines
from pipeline.finishing.finish import finish
from pipeline.finishing.working_map import with_sound
from pipeline.generation.chart import decode_draft, prepare_chart
from pipeline.generation.final_map import apply_request, summarise_draft
from pipeline.generation.reference.reference_parts import with_reference_parts
from pipeline.generation.refinement import refine_draft
from pipeline.output.osz import span_of
from pipeline.output.summary import GenerationSummary
from pipeline.request.options import GenerationRequest, RequestError

MAX_ROUNDS = 20


def regenerate_span(
    request: GenerationRequest, reference: Beatmap | None, seed: int, progress: Progress = silent
) -> tuple[Beatmap, GenerationSummary]:
    """Regenerate the objects in a span of the reference.

    The new objects are finished between those that stay on either side, and what would break a rule that the reference
    does not break is left out.
    """
    assert reference is not None and request.song.beatmap_path is not None, "there is no map to add to"
    span = span_of(request.scope)
    data = request.song.beatmap_path.read_bytes()
    draft = decode_draft(prepare_chart(request, reference, seed, progress))
    placed = refine_draft(request, draft, seed, progress)
    if not any(obj.time_ms in span for obj in placed.hit_objects):
        raise RequestError("The model found nothing to map in this part of the song; another seed may help.")
    placed = with_reference_parts(placed, request.scope, reference)
    if not draft.encoding.volumes:
        placed = replace(placed, timing_points=with_sound_of(placed.timing_points, reference))
    among_others = part_in_song(_splice(data, placed, span), draft.song_ms).beatmap
    finished, repairs = finish(among_others, draft.song_ms, fill=False, keep_reds=True)
    finished = apply_request(request, reference, finished)
    fitting, left = remove_new_problems(data, finished, span, draft.song_ms)
    repairs.remaining = left
    return _splice(data, fitting, span), summarise_draft(draft, repairs)


def remove_new_problems(data: bytes, generated: Beatmap, span: Span, song_ms: float) -> tuple[Beatmap, list[Finding]]:
    """Remove new objects that break a rule; return remaining problems.

    `data` is the file that receives the span; existing violations do not count.
    """
    known = Counter(_sign(finding) for finding in _problems(parse_beatmap(decode_osu_bytes(data)), song_ms))
    for _ in range(MAX_ROUNDS):
        beatmap = _splice(data, generated, span)
        found = _problems(beatmap, song_ms)
        new = [finding for finding in found if not known[_sign(finding)]]
        times_ms = {
            beatmap.hit_objects[index].time_ms
            for finding in new
            for index in finding.objects
            if beatmap.hit_objects[index].time_ms in span
        }
        if not times_ms:
            break
        generated = replace(
            generated, hit_objects=[obj for obj in generated.hit_objects if obj.time_ms not in times_ms]
        )
    return generated, new


def with_sound_of(lines: list[TimingPoint], reference: Beatmap) -> list[TimingPoint]:
    """Apply the volume and samples of the reference to timing points."""
    sounds, timing = Timing(reference.timing_points), Timing(lines)
    stated = {line.time_ms for line in lines}
    more = [
        replace(
            timing.line_at(time_ms),
            time_ms=time_ms,
            beat_length_ms=-100.0 / timing.sv_at(time_ms),
            uninherited=False,
            effects=int(timing.kiai_at(time_ms)),
        )
        for time_ms in dict.fromkeys(point.time_ms for point in sounds.points)
        if time_ms not in stated and time_ms >= timing.reds[0].time_ms
    ]
    ordered = sort_lines([*lines, *more])
    return [with_sound(line, sounds.line_at(line.time_ms)) for line in ordered]


def _splice(data: bytes, generated: Beatmap, span: Span) -> Beatmap:
    return parse_beatmap(decode_osu_bytes(splice(data, generated, span)))


def _problems(beatmap: Beatmap, song_ms: float) -> list[Finding]:
    return [finding for finding in check(beatmap, song_ms) if finding.severity is Severity.PROBLEM]


def _sign(finding: Finding) -> tuple:
    """Return what identifies a finding after objects were added before it."""
    return finding.rule, finding.time_ms
