"""The osu! beatmap as plain data.

Every other module of the project speaks in these types. Nothing here reads, writes or computes;
times are float milliseconds from the start of the audio, positions and lengths are osu! pixels
(the playfield is 512 x 384, x to the right, y downwards).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum, IntFlag

PLAYFIELD_WIDTH_PX = 512
PLAYFIELD_HEIGHT_PX = 384

Point = tuple[float, float]


class GameMode(IntEnum):
    """The four rulesets, numbered as on the `Mode:` line of .osu files."""

    STANDARD = 0
    TAIKO = 1
    CATCH = 2
    MANIA = 3


class HitSound(IntFlag):
    """Hitsound additions of an object or slider edge, as .osu bits."""

    NONE = 0
    NORMAL = 1
    WHISTLE = 2
    FINISH = 4
    CLAP = 8


class SampleSet(IntEnum):
    """Sample banks; AUTO takes the bank of the active timing point."""

    AUTO = 0
    NORMAL = 1
    SOFT = 2
    DRUM = 3


class CurveKind(Enum):
    """Kinds of slider path segments, by their text in a .osu file.

    The B-splines of osu!lazer (`CurveKind("B4")`) are members too, one for each degree.
    """

    LINEAR = "L"
    BEZIER = "B"
    PERFECT = "P"
    CATMULL = "C"

    @classmethod
    def _missing_(cls, value: object) -> CurveKind | None:
        text = str(value)
        if not (text[:1] == "B" and text[1:].isascii() and text[1:].isdecimal() and text[1] != "0"):
            return None
        spline = object.__new__(cls)
        spline._name_, spline._value_ = f"B_SPLINE_{text[1:]}", text
        # One object for each degree: kinds are compared by identity.
        return cls._value2member_map_.setdefault(text, spline)  # type: ignore[return-value]

    @property
    def degree(self) -> int:
        """Return the degree of a B-spline, 0 for any other kind."""
        return int(self.value[1:] or 0)


EFFECT_KIAI = 1
EFFECT_OMIT_BARLINE = 8


@dataclass(slots=True)
class TimingPoint:
    """One line of [TimingPoints].

    `beat_length_ms` is the raw second field: milliseconds per beat on a red (uninherited) line, and
    -100 / multiplier on a green (inherited) line. `stated_beat_length_ms` and `stated_meter` are what the file says
    where a red line is read by other values: those not above 0, and meters above MAX_METER.
    """

    time_ms: float
    beat_length_ms: float
    meter: int = 4
    sample_set: int = SampleSet.NORMAL
    sample_index: int = 0
    volume: int = 100
    uninherited: bool = True
    effects: int = 0
    stated_beat_length_ms: float | None = field(default=None, compare=False)
    stated_meter: int | None = field(default=None, compare=False)

    @property
    def kiai(self) -> bool:
        return bool(self.effects & EFFECT_KIAI)

    @property
    def omit_barline(self) -> bool:
        return bool(self.effects & EFFECT_OMIT_BARLINE)

    @property
    def bpm(self) -> float:
        """Beats per minute of a red line."""
        assert self.uninherited, "a green line has no tempo"
        return 60_000.0 / self.beat_length_ms

    @property
    def sv_multiplier(self) -> float:
        """Slider velocity multiplier (scroll speed in taiko and mania).

        It is 1 on a red line, and otherwise clamped to 0.1..10, the range within which osu! applies it.
        """
        if self.uninherited or self.beat_length_ms >= 0:
            return 1.0
        return min(10.0, max(0.1, -100.0 / self.beat_length_ms))


@dataclass(slots=True)
class HitSample:
    """The `normalSet:additionSet:index:volume:filename` field of an object."""

    normal_set: int = SampleSet.AUTO
    addition_set: int = SampleSet.AUTO
    index: int = 0
    volume: int = 0
    filename: str = ""


@dataclass(slots=True)
class HitObject:
    """Common part of all hit objects.

    `x` and `y` are the position of the circle or the slider head.
    """

    time_ms: float
    x: float
    y: float
    new_combo: bool = False
    combo_skip: int = 0
    hitsound: int = HitSound.NONE
    sample: HitSample = field(default_factory=HitSample)


@dataclass(slots=True)
class Circle(HitObject):
    """A hit circle, taiko note, catch fruit or mania note.

    The column of a mania note is in `x`.
    """


@dataclass(slots=True)
class PathSegment:
    """A piece of a slider path: its kind and control points.

    The points include the first and the last one.

    Neighbouring segments share their joint: `segments[i].points[-1] == segments[i + 1].points[0]`. A red anchor of the
    editor is such a joint.

    Attributes:
        written: Text in place of the kind's own, where osu! takes an unknown text of a file for this kind.
    """

    kind: CurveKind
    points: list[Point]
    written: str = ""


@dataclass(slots=True)
class SliderEdge:
    """Sounds of a slider's head, of each repeat and of its end."""

    hitsound: int = HitSound.NONE
    normal_set: int = SampleSet.AUTO
    addition_set: int = SampleSet.AUTO


@dataclass(slots=True)
class Slider(HitObject):
    """A slider, a taiko drumroll, or a catch juice stream.

    `segments[0].points[0]` is (x, y). `slides` counts traversals: 1 has no reverse arrow. `length_px`
    is the length of one traversal along the path, which may be cut or prolonged to meet it.
    `edges` has `slides + 1` entries.
    """

    segments: list[PathSegment] = field(default_factory=list)
    slides: int = 1
    length_px: float = 0.0
    edges: list[SliderEdge] = field(default_factory=list)


@dataclass(slots=True)
class Spinner(HitObject):
    """A spinner, a taiko swell, or a catch banana shower."""

    end_ms: float = 0.0


@dataclass(slots=True)
class HoldNote(HitObject):
    """A mania hold note; its column is in `x`."""

    end_ms: float = 0.0


@dataclass(slots=True)
class Break:
    """A break period of [Events]."""

    start_ms: float
    end_ms: float


@dataclass(slots=True)
class Metadata:
    title: str = ""
    title_unicode: str = ""
    artist: str = ""
    artist_unicode: str = ""
    creator: str = ""
    version: str = ""
    source: str = ""
    tags: list[str] = field(default_factory=list)
    beatmap_id: int = 0
    beatmapset_id: int = -1


@dataclass(slots=True)
class Difficulty:
    """[Difficulty]. In mania `circle_size` is the number of keys."""

    hp_drain_rate: float = 5.0
    circle_size: float = 5.0
    overall_difficulty: float = 5.0
    approach_rate: float = 5.0
    slider_multiplier: float = 1.4
    slider_tick_rate: float = 1.0


@dataclass(slots=True)
class ExtraText:
    """Text of a .osu file that no field of a Beatmap holds.

    A copy of the file loses none of it.

    Attributes:
        event_lines: All lines of [Events], in order.
        sections: Unknown sections: the known section before each, its name, and its lines.
        unread: Lines that do not read, by section: how many entries stand before each, and the line.
    """

    event_lines: list[str] = field(default_factory=list)
    sections: list[tuple[str, str, list[str]]] = field(default_factory=list)
    unread: dict[str, list[tuple[int, str]]] = field(default_factory=dict)


@dataclass(slots=True)
class Beatmap:
    """One difficulty of a mapset.

    `timing_points` are in file order, which is time order in valid maps (a red line before a green one
    at the same time); `hit_objects` are in time order. `other` keeps lines of key-value
    sections that have no field here, by section name, so that writing loses nothing;
    `combo_colour_numbers` are those that the file gives the colours, or empty;
    `storyboard_lines` keeps the [Events] lines other than background, video and breaks, verbatim; `kept` is the text of
    its file that has no field here.
    """

    mode: GameMode = GameMode.STANDARD
    format_version: int = 14
    audio_filename: str = "audio.mp3"
    audio_lead_in_ms: float = 0.0
    preview_time_ms: float = -1.0
    countdown: int = 0
    sample_set: int = SampleSet.NORMAL
    stack_leniency: float = 0.7
    metadata: Metadata = field(default_factory=Metadata)
    difficulty: Difficulty = field(default_factory=Difficulty)
    background: str = ""
    background_offset_px: Point = (0.0, 0.0)
    video_line: str = ""
    breaks: list[Break] = field(default_factory=list)
    storyboard_lines: list[str] = field(default_factory=list)
    timing_points: list[TimingPoint] = field(default_factory=list)
    combo_colours: list[tuple[int, int, int]] = field(default_factory=list)
    combo_colour_numbers: list[int] = field(default_factory=list, compare=False)
    hit_objects: list[HitObject] = field(default_factory=list)
    other: dict[str, dict[str, str]] = field(default_factory=dict)
    kept: ExtraText = field(default_factory=ExtraText, compare=False)

    def combo_colour_number(self, place: int) -> int:
        """Return the number of a combo colour: the file's, else its index."""
        numbers = self.combo_colour_numbers
        return numbers[place] if len(numbers) == len(self.combo_colours) else place + 1

    @property
    def key_count(self) -> int:
        """Number of mania columns."""
        assert self.mode is GameMode.MANIA, "only mania has columns"
        return max(1, round(self.difficulty.circle_size))
