"""Conversion of event groups to a beatmap, exactly as in the original.

`osuT5.encoding.assembly` makes the better map of the same groups: it keeps what this loses, and its lines are fewer.
What decides here, beside the lines (see `parity.assembly.lines`):

- A place without events is that of the group before it, or, where a distance is stated, a random one so far from there.
  Objects come in the order in which they became complete.
- One hold note waits for its end at a time: a second start forgets the first, whose end ends the second.
- A slider is the kind of curve that its first anchor is; red anchors are Bezier points given twice.
- Its length follows from its velocity and duration. Where that is over 1.5 times its path, the velocity is lowered to
  the multiple of 0.05 nearest to what the path asks for; a path that is still too short is scaled about its head.
- A slider without a velocity takes the length at which its end is nearest to where it should be.
- Drum rolls and sliders without a duration are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from osu_beatmap.beatmap import (
    Beatmap,
    Circle,
    CurveKind,
    Difficulty,
    GameMode,
    HitSample,
    HoldNote,
    PathSegment,
    Point,
    Slider,
    SliderEdge,
    Spinner,
    TimingPoint,
)
from osu_beatmap.timing.active_point import PX_PER_BEAT
from osuT5.encoding.groups import ANCHOR_KINDS
from osuT5.encoding.hit_objects.hitsounds import Sound
from osuT5.encoding.hit_objects.positions import CENTRE
from osuT5.encoding.main_tempo import main_beat_ms
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import EventGroup, EventKind
from parity.assembly.lines import OWN_INDEX, LineEditor
from parity.assembly.parts import PLACED_KINDS, Part, RandomPlaces, join_near_places, part_of
from parity.assembly.paths import measured_path, path_segments, progress_nearest, scale, zigzag

MAX_STRETCH = 1.5
"""A slider may be this many times longer than its path before its velocity is lowered."""

SV_STEP, FINE_SV_STEP = 0.05, 0.01
BODY_VOLUME_DELAY_MS = 6
_LENGTH_SLACK_PX = 1e-4


@dataclass(slots=True)
class _OpenSlider:
    head: Part
    anchors: list[tuple[EventKind, Point]] = field(default_factory=list)
    first_end: Part | None = None


def assemble_as_published(
    groups: Sequence[EventGroup],
    mode: GameMode,
    timing_points: Sequence[TimingPoint],
    difficulty: Difficulty,
    key_count: int,
    spec: EncodingSpec,
    merge_near_places: bool = True,
    seed: int = 0,
) -> Beatmap:
    """Return the beatmap of groups in their generated order.

    `timing_points` are the lines before any group, at least one of them red. `merge_near_places` moves objects within a
    second that are nearly at one position exactly there; `seed` decides random positions.
    """
    parts = [part_of(group, mode, key_count, spec) for group in groups]
    if merge_near_places:
        join_near_places(parts)
    writer = _Writer(mode, LineEditor(timing_points), difficulty, max((part.time_ms for part in parts), default=0.0))
    places = RandomPlaces(seed)
    for part in parts:
        if part.distance_px is not None:
            part.place = places.place_at(writer.last_place, part.distance_px)
        writer.write(part)
    if mode is GameMode.MANIA:
        difficulty = replace(difficulty, circle_size=float(key_count))
    return Beatmap(
        mode=mode,
        difficulty=replace(difficulty),
        timing_points=writer.lines.round_times(writer.lines.points()),
        hit_objects=sorted(writer.objects, key=lambda obj: obj.time_ms),
    )


class _Writer:
    """Unfinished state while the groups are written in order."""

    def __init__(self, mode: GameMode, lines: LineEditor, difficulty: Difficulty, last_ms: float) -> None:
        self.mode = mode
        self.lines = lines
        self.objects: list[Circle | Slider | Spinner | HoldNote] = []
        self._multiplier = difficulty.slider_multiplier
        self._main_beat_ms = main_beat_ms(lines.points(), last_ms)
        self.last_place: Point = CENTRE
        self._started: dict[EventKind, Part | None] = {}
        self._slider: _OpenSlider | None = None
        self._write_kind = {
            EventKind.CIRCLE: self._circle,
            EventKind.HOLD_NOTE: self._start,
            EventKind.DRUMROLL: self._start,
            EventKind.DENDEN: self._start,
            EventKind.SPINNER: self._start,
            EventKind.HOLD_NOTE_END: self._hold_note,
            EventKind.DRUMROLL_END: self._drumroll,
            EventKind.DENDEN_END: self._write_swell,
            EventKind.SPINNER_END: self._spinner,
            EventKind.SLIDER_HEAD: self._slider_head,
            EventKind.LAST_ANCHOR: self._last_anchor,
            EventKind.SLIDER_END: self._slider_end,
            EventKind.KIAI: self._kiai,
            EventKind.SCROLL_SPEED_CHANGE: self._scroll_speed,
            **dict.fromkeys(ANCHOR_KINDS, self._anchor),
        }

    def write(self, part: Part) -> None:
        if part.place is None:
            part.place = self.last_place
        if part.kind in PLACED_KINDS:
            self.last_place = part.place
        if self.mode is GameMode.TAIKO:
            part.place = CENTRE
        elif self.mode is GameMode.MANIA:
            part.place = part.place[0], CENTRE[1]
        if part.kind in self._write_kind:
            self._write_kind[part.kind](part)

    # ---- objects without a path ----

    def _start(self, part: Part) -> None:
        self._started[part.kind] = part

    def _circle(self, part: Part) -> None:
        x, y = _whole_px(part.place)
        sound = part.sound
        sample = _sample(sound, self._note_volume(part))
        self.objects.append(Circle(part.start_ms, x, y, part.new_combo, hitsound=sound.hitsound, sample=sample))
        self._state_note_volume(part)
        self._state_taiko_speed(part)

    def _hold_note(self, part: Part) -> None:
        start = self._started.pop(EventKind.HOLD_NOTE, None)
        if start is None:
            return
        sound = start.sound
        sample = _sample(sound, self._note_volume(start))
        x = _whole_px(start.place)[0]
        hold = HoldNote(start.start_ms, x, CENTRE[1], hitsound=sound.hitsound, sample=sample, end_ms=part.start_ms)
        self.objects.append(hold)
        self._state_note_volume(start)

    def _write_swell(self, part: Part) -> None:
        if (start := self._started.pop(EventKind.DENDEN, None)) is not None:
            self._add_spinner(start, part, start.sound)
            self._state_volume(start)
            self._state_taiko_speed(start)

    def _spinner(self, part: Part) -> None:
        if (start := self._started.pop(EventKind.SPINNER, None)) is not None:
            self._add_spinner(start, part, part.sound)
            self._state_volume(part)
            self.last_place = CENTRE

    def _add_spinner(self, start: Part, end: Part, sound: Sound) -> None:
        spinner = Spinner(start.start_ms, *CENTRE, True, hitsound=sound.hitsound, sample=_sample(sound))
        spinner.end_ms = end.start_ms
        self.objects.append(spinner)

    def _drumroll(self, part: Part) -> None:
        start = self._started.pop(EventKind.DRUMROLL, None)
        if start is None or part.start_ms - start.start_ms < 1:
            return
        sound = start.sound
        self._state_volume(start)
        self._state_taiko_speed(start)
        line = self.lines.line_at(start.start_ms)
        length_px = self._length_px(line.velocity, part.start_ms - start.start_ms, line.tempo)
        path = zigzag(length_px)
        edges = [SliderEdge() for _ in range(2)]
        self.objects.append(
            Slider(
                start.start_ms,
                *path[0],
                hitsound=sound.hitsound,
                sample=_sample(sound),
                segments=[PathSegment(CurveKind.LINEAR, path)],
                length_px=length_px,
                edges=edges,
            )
        )

    # ---- sliders ----

    def _slider_head(self, part: Part) -> None:
        self._slider = _OpenSlider(part)

    def _anchor(self, part: Part) -> None:
        if self._slider is not None:
            self._slider.anchors.append((part.kind, part.place))

    def _last_anchor(self, part: Part) -> None:
        """Handle a last anchor.

        The first of several gives the position, the last one time and sounds.
        """
        if self._slider is None:
            return
        if self._slider.first_end is None:
            self._slider.anchors.append((part.kind, part.place))
        self._slider.first_end = part

    def _slider_end(self, part: Part) -> None:
        slider = self._slider
        if slider is None or slider.first_end is None:
            return
        head, first_end = slider.head, slider.first_end
        slide_ms, total_ms = first_end.time_ms - head.time_ms, part.time_ms - head.time_ms
        if total_ms <= 0 or slide_ms <= 0:
            self._slider = None
            return
        slides = max(round(total_ms / slide_ms), 1)
        slide_ms = total_ms / slides
        path = measured_path(head.place, slider.anchors)
        path_px = path.natural_length_px
        line = self.lines.line_at(head.start_ms)
        if head.speed is None:
            wanted_px = path_px * progress_nearest(path, part.place)
            if wanted_px < _LENGTH_SLACK_PX:
                return
            speed = self._plain_speed(wanted_px, slide_ms, line.velocity, line.tempo, head.new_combo)
        else:
            speed = head.speed
        length_px = self._length_px(speed, slide_ms, line.tempo)
        if length_px > path_px * MAX_STRETCH:
            speed = round(self._speed_for(path_px, slide_ms, line.tempo) / SV_STEP) * SV_STEP
            length_px = self._length_px(speed, slide_ms, line.tempo)
        anchors = slider.anchors
        if length_px > path_px + _LENGTH_SLACK_PX:
            anchors = [(kind, scale(place, head.place, length_px / path_px)) for kind, place in anchors]
        if speed != line.velocity:
            self.lines.set_velocity(head.start_ms, speed)
        self._add_slider(slider, anchors, part, slides, length_px)
        self._state_slider_volumes(slider, part, slides, slide_ms)
        self._slider = None

    def _add_slider(
        self,
        slider: _OpenSlider,
        anchors: Sequence[tuple[EventKind, Point]],
        end: Part,
        slides: int,
        length_px: float,
    ) -> None:
        head, body = slider.head, slider.first_end.sound
        x, y = _whole_px(head.place)
        sounds = [*head.sounds, *slider.first_end.sounds[1:], *end.sounds]
        sounds += [body] * (slides + 1 - len(sounds))
        self.objects.append(
            Slider(
                head.start_ms,
                x,
                y,
                head.new_combo,
                hitsound=body.hitsound,
                sample=_sample(body),
                segments=path_segments((x, y), [(kind, _whole_px(place)) for kind, place in anchors]),
                slides=slides,
                length_px=length_px,
                edges=[SliderEdge(s.hitsound, s.normal_set, s.addition_set) for s in sounds[: slides + 1]],
            )
        )

    def _state_slider_volumes(self, slider: _OpenSlider, end: Part, slides: int, slide_ms: float) -> None:
        """State the volume of every edge, then that of the body.

        The latter is stated if it differs.
        """
        volumes = [*slider.head.volumes, *slider.first_end.volumes[1:], *end.volumes]
        body = slider.first_end.volume
        for number, volume in enumerate(volumes[: slides + 1]):
            edge_ms = round(slider.head.time_ms + slide_ms * number)
            self.lines.set_volume(edge_ms, volume)
            if body is not None and body != volume and number < slides and slide_ms > BODY_VOLUME_DELAY_MS:
                self.lines.set_volume(edge_ms + BODY_VOLUME_DELAY_MS, body)

    def _length_px(self, speed: float, slide_ms: float, tempo: TimingPoint) -> float:
        return speed * slide_ms * PX_PER_BEAT / tempo.beat_length_ms * self._multiplier

    def _speed_for(self, length_px: float, slide_ms: float, tempo: TimingPoint) -> float:
        return length_px / PX_PER_BEAT / slide_ms * tempo.beat_length_ms / self._multiplier

    def _plain_speed(
        self, length_px: float, slide_ms: float, last_speed: float, tempo: TimingPoint, new_combo: bool
    ) -> float:
        """Return a velocity that mappers would choose.

        It is the last one if that is nearly right, else a round one.
        """
        speed = self._speed_for(length_px, slide_ms, tempo)
        if abs(speed - last_speed) / last_speed <= (0.05 if new_combo else 0.15):
            return last_speed
        plain = round(speed / SV_STEP) * SV_STEP
        if plain < 0.1:
            plain = round(speed / FINE_SV_STEP) * FINE_SV_STEP
        return plain if plain > 1e-5 else speed

    # ---- lines ----

    def _state_volume(self, part: Part) -> None:
        if part.volume is not None:
            self.lines.set_volume(part.start_ms, part.volume)

    def _state_note_volume(self, part: Part) -> None:
        if self.mode is not GameMode.MANIA:
            self._state_volume(part)

    def _note_volume(self, part: Part) -> int:
        """Return the volume of a mania note; 0 in other modes."""
        return (part.volume or 0) if self.mode is GameMode.MANIA else 0

    def _state_taiko_speed(self, part: Part) -> None:
        if self.mode is GameMode.TAIKO and part.speed is not None:
            self.lines.set_velocity(part.start_ms, part.speed)

    def _kiai(self, part: Part) -> None:
        self.lines.set_kiai(part.time_ms, bool(part.value))

    def _scroll_speed(self, part: Part) -> None:
        """State a visible speed, and repeat it at later tempo changes."""
        if part.speed is None or self._main_beat_ms == 0:
            return
        at = [(part.time_ms, self.lines.line_at(part.time_ms).tempo)]
        at += [(red.time_ms, red) for red in self.lines.reds_after(part.time_ms)]
        for time_ms, tempo in at:
            self.lines.set_velocity(time_ms, part.speed * tempo.beat_length_ms / self._main_beat_ms)


def _whole_px(place: Point) -> Point:
    return float(round(place[0])), float(round(place[1]))


def _sample(sound: Sound, volume: int = 0) -> HitSample:
    return HitSample(sound.normal_set, sound.addition_set, OWN_INDEX, volume)
