"""Whole map as the original generates it, with all its quirks.

`pipeline.generation.generate` is the main path of this program. This one reproduces the original's numbers: the events
of a model are placed, snapped and assembled to the millisecond and the pixel as in the program that the model was
published with.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from pathlib import Path

import numpy as np

from beat_tracking.red_line_fit import Beats
from osu_beatmap.beatmap import Beatmap, Difficulty, GameMode, SampleSet, TimingPoint
from osu_beatmap.files.reader import read_beatmap
from osu_beatmap.quirks import PUBLISHED
from osuT5.encoding import encode_context
from osuT5.encoding.timing import BEAT_KINDS
from osuT5.tokens.contract import Contract
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import ContextKind, Event, EventKind
from parity.assembly.assembly import assemble_as_published
from parity.assembly.groups import beats_as_published, groups_as_published
from parity.assembly.resnap import resnap_as_published
from parity.assembly.span import with_span
from parity.beat_fit import fit_red_lines_as_published
from parity.event_stream import EventStream
from parity.window_schedule import OriginalChart, OriginalWriter

SPAN_SLACK_MS = 10
"""What is generated may lie this far outside the span that was requested."""

PLAIN_LINE = TimingPoint(0.0, 500.0, sample_set=SampleSet.SOFT, sample_index=-1)
"""Tempo of maps without timing, as in the published program, which fails without a beat."""


@dataclass(frozen=True, slots=True)
class OriginalOptions:
    """Options of the original.

    Attributes:
        outputs: Contexts to decode; those before them in the order of the model are decoded as well.
        given: Contexts of the reference that are read instead of being decoded.
        timing_leniency_ms: Maximum distance of a beat from the red line that explains it.
        merges_near_places: Whether objects that are nearly at one position are put exactly there.
        start_ms: Start of the span to generate, like `end_ms`.
        adds_to_reference: Whether the rest of the map is that of the reference.
        seed: Seed of the positions of objects that state a distance alone.
    """

    outputs: tuple[ContextKind, ...]
    given: frozenset[ContextKind] = frozenset()
    timing_leniency_ms: float = 20.0
    merges_near_places: bool = False
    start_ms: float | None = None
    end_ms: float | None = None
    adds_to_reference: bool = False
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Reference:
    """Beatmap to take contexts from or to add to.

    It is plain, and as the original reads it for encoding.
    """

    plain: Beatmap
    to_encode: Beatmap

    @classmethod
    def read(cls, path: Path) -> Reference:
        """Read a beatmap in both forms.

        Raises BeatmapError.
        """
        return cls(read_beatmap(path), read_beatmap(path, quirks=PUBLISHED))


@dataclass(slots=True)
class OriginalMap:
    """Generated map.

    `stages` are the generated events, stage by stage (timing first, if it is generated), with positions in whole
    pixels.
    """

    beatmap: Beatmap
    stages: list[dict[ContextKind, EventStream]] = field(default_factory=list)


def generate_as_published(
    writer: OriginalWriter,
    chart: OriginalChart,
    settings: Difficulty,
    options: OriginalOptions,
    reference: Reference | None = None,
    timing_writer: OriginalWriter | None = None,
) -> OriginalMap:
    """Generate the map of a chart.

    A `timing_writer` of another model predicts the timing.
    """
    run = _Run(writer, chart, options, reference)
    lines = run.timing(timing_writer or writer)
    written = run.write_up_to(run.outputs)
    result = OriginalMap(Beatmap(mode=chart.attributes.mode), run.stages)
    stream = reduce(EventStream.merge, written.values(), EventStream())
    spec, events = run.pixel_spec, stream.events
    if lines is None and (ContextKind.TIMING in options.outputs or spec.timing_in_map):
        lines = red_lines_of(events, spec.types_first, options.timing_leniency_ms)
    if lines:
        events = resnap_as_published(events, lines)
    result.beatmap = assemble_as_published(
        groups_as_published(events, spec.types_first),
        chart.attributes.mode,
        lines or [replace(PLAIN_LINE)],
        settings,
        run.key_count,
        spec,
        options.merges_near_places,
        options.seed,
    )
    if options.adds_to_reference and reference is not None:
        given = replace(reference.plain, timing_points=reference.to_encode.timing_points)
        result.beatmap = with_span(given, result.beatmap, *_span(options))
    return result


def predicts_timing(options: OriginalOptions, contract: Contract, mode: GameMode) -> bool:
    """Return whether a model predicts the timing first.

    Timing then has a context of its own.
    """
    is_wanted = not {ContextKind.TIMING, ContextKind.MAP}.isdisjoint(options.outputs)
    return is_wanted and ContextKind.TIMING not in options.given and ContextKind.TIMING in contract.contexts_of(mode)


def _span(options: OriginalOptions) -> tuple[float, float]:
    start_ms = -math.inf if options.start_ms is None else options.start_ms
    return start_ms, math.inf if options.end_ms is None else options.end_ms


def red_lines_of(events: Sequence[Event], types_first: bool, leniency_ms: float) -> list[TimingPoint]:
    """Return the red lines that the beats among these events describe."""
    marked = beats_as_published(events, types_first)
    beats = Beats(
        times_ms=np.array([beat.time_ms for beat in marked], dtype=np.float64),
        is_measure=np.array([beat.starts_bar for beat in marked], dtype=bool),
        is_timing_point=np.array([beat.starts_tempo for beat in marked], dtype=bool),
    )
    return fit_red_lines_as_published(beats, leniency_ms)


class _Run:
    """The contexts of one chart, given or written."""

    def __init__(
        self, writer: OriginalWriter, chart: OriginalChart, options: OriginalOptions, reference: Reference | None
    ) -> None:
        self.writer = writer
        self.chart = chart
        self.options = options
        self.reference = reference
        self.spec = writer.spec
        self.stages: list[dict[ContextKind, EventStream]] = []
        self.contexts = self.spec.contexts_of(chart.attributes.mode)
        self.outputs = options.outputs
        for context in options.given & set(self.contexts):
            chart.streams[context] = self._encode_reference(context, self.spec.encoding)

    @property
    def pixel_spec(self) -> EncodingSpec:
        return replace(self.spec.encoding, positions_split=True, position_cell_px=1, position_refine_px=0)

    @property
    def key_count(self) -> int:
        attributes = self.chart.attributes
        return (attributes.key_count or 0) if attributes.mode is GameMode.MANIA else 0

    def timing(self, writer: OriginalWriter) -> list[TimingPoint] | None:
        """Set the chart's red lines and return them.

        They are those of the reference, or those that a writer predicts.
        """
        if ContextKind.TIMING in self.options.given:
            return [replace(line) for line in self.reference.to_encode.timing_points if line.uninherited]
        if not predicts_timing(self.options, self.spec, self.chart.attributes.mode):
            return None
        written = writer.write_context(ContextKind.TIMING, self.chart, self._encode_before_span(ContextKind.TIMING))
        self.chart.streams[ContextKind.TIMING] = written
        stream = self._finish(ContextKind.TIMING)
        self.stages.append({ContextKind.TIMING: stream})
        self.outputs = tuple(context for context in self.outputs if context is not ContextKind.TIMING)
        beats = [event for event in stream.events if event.kind in (EventKind.TIME, *BEAT_KINDS)]
        types_first = writer.spec.encoding.types_first
        lines = red_lines_of(beats, types_first, self.options.timing_leniency_ms) or [replace(PLAIN_LINE)]
        bare = Beatmap(mode=GameMode.STANDARD, timing_points=list(lines))
        self.chart.streams[ContextKind.TIMING] = EventStream.of(
            encode_context(bare, ContextKind.TIMING, self.spec.encoding, self.writer.song_ms, PUBLISHED)
        )
        return lines

    def write_up_to(self, outputs: Sequence[ContextKind]) -> dict[ContextKind, EventStream]:
        """Return the finished streams of these contexts.

        Contexts that the model lacks are omitted.
        """
        asked = [context for context in self.contexts if context in outputs]
        last = max((self.contexts.index(context) for context in asked), default=-1)
        for context in self.contexts[: last + 1]:
            if context not in self.chart.streams:
                self.chart.streams[context] = self.writer.write_context(
                    context, self.chart, self._encode_before_span(context)
                )
        finished = {context: self._finish(context) for context in asked}
        if finished:
            self.stages.append(finished)
        return finished

    def _encode_before_span(self, context: ContextKind) -> EventStream | None:
        """Return the events before the span, if the reference supplies the rest."""
        if not self.options.adds_to_reference or self.options.start_ms is None:
            return None
        return self._encode_reference(context, self.spec.encoding).cut_after(self.options.start_ms - 1)

    def _finish(self, context: ContextKind) -> EventStream:
        """Return a stream as it goes into the map.

        Times are stated anew, only the span stays, and positions are in pixels.
        """
        options = self.options
        stream = self.chart.streams[context].retime(self.writer.song_ms, self.spec.encoding.types_first)
        if options.start_ms is not None:
            stream = stream.cut_before(options.start_ms - SPAN_SLACK_MS)
        if options.end_ms is not None:
            stream = stream.cut_after(options.end_ms + SPAN_SLACK_MS)
        if context is ContextKind.MAP:
            stream = stream.convert_to_pixels(self.spec.encoding, self.key_count)
        return self._amid_reference(context, stream) if options.adds_to_reference else stream

    def _amid_reference(self, context: ContextKind, stream: EventStream) -> EventStream:
        reference = self._encode_reference(context, self.pixel_spec).convert_to_pixels(self.pixel_spec, self.key_count)
        if self.options.start_ms is not None:
            stream = reference.cut_after(self.options.start_ms - 1).concatenate(stream)
        if self.options.end_ms is not None:
            stream = stream.concatenate(reference.cut_before(self.options.end_ms + 1))
        return stream

    def _encode_reference(self, context: ContextKind, spec: EncodingSpec) -> EventStream:
        groups = encode_context(self.reference.to_encode, context, spec, self.writer.song_ms, PUBLISHED)
        return EventStream.of(groups)
