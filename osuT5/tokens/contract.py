"""Contract of a model: facts to prepare input and read output.

It is saved as `contract.json` next to the weights. Nothing at inference reads a training config.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from osu_beatmap.beatmap import GameMode
from osuT5.model.spectrogram import SpectrogramSpec
from osuT5.tokens.class_tables import NO_TABLES, ClassTables
from osuT5.tokens.conditions import CONDITIONS
from osuT5.tokens.encoding_spec import MINI_ENCODING, EncodingSpec
from osuT5.tokens.events import SUSTAIN_KINDS, ContextKind, EventKind
from osuT5.tokens.prompt import PromptLayout, WindowText
from osuT5.tokens.vocabulary import EventRange, Vocabulary
from osuT5.tokens.windows import WindowGrid

CONTRACT_FILE = "contract.json"

INPUT_CONTEXTS = (ContextKind.NO_HS, ContextKind.GD)
"""What a map can be made from beside the contexts that are written: itself without hitsounds, a guest difficulty."""

OUT_CONTEXTS = (ContextKind.TIMING, ContextKind.KIAI, ContextKind.MAP)


@dataclass(frozen=True)
class Contract:
    """Window grid, spectrogram, encoding, vocabulary and prompt layout of one model.

    conditions         in the order of the prompt; KIAI and SCROLL_SPEED among them tell what holds before the window
    parity_conditions  those that the original program writes, where they differ
    audio_lead_ms      how far object times precede what is heard in the decoded audio
    label_weights      weights of kinds of labels in the loss that the model was trained by, 1 for all others. It
                       predicts each kind too often by its weight, so whatever reads its probabilities divides by them.
                       Empty for models trained by `osuT5.training.token_loss`, whose probabilities need no correction
    tables             mappers and descriptors of a published vocabulary, in a file of their own
    """

    name: str
    grid: WindowGrid
    spectrogram: SpectrogramSpec
    encoding: EncodingSpec
    vocabulary: Vocabulary
    conditions: tuple[EventKind, ...]
    marks_empty_input: bool = True
    audio_lead_ms: float = 25.0
    parity_conditions: tuple[EventKind, ...] = ()
    label_weights: Mapping[EventKind, float] = field(default_factory=dict, hash=False)
    tables: ClassTables = field(default=NO_TABLES, hash=False)

    @property
    def layout(self) -> PromptLayout:
        return PromptLayout(self.vocabulary, self.conditions, self.marks_empty_input)

    @property
    def text(self) -> WindowText:
        return WindowText(self.vocabulary, self.encoding, self.grid)

    @property
    def score_offsets(self) -> list[float]:
        """Log-probabilities to add to the output scores [vocabulary out].

        They divide by `label_weights`.
        """
        kinds = zip(self.vocabulary.output_kinds, self.vocabulary.output_kind_sizes, strict=True)
        return [-math.log(self.label_weights.get(kind, 1.0)) for kind, size in kinds for _ in range(size)]

    def contexts_of(self, mode: GameMode) -> tuple[ContextKind, ...]:
        """Return the contexts of a whole map, in decoding order."""
        if not self.vocabulary.contexts:
            return (ContextKind.MAP,)
        extra = (ContextKind.SV,) if mode is GameMode.MANIA else ()
        return tuple(c for c in (*OUT_CONTEXTS, *extra) if c in self.vocabulary.contexts)

    def to_json(self) -> dict:
        """Return everything but the class tables as JSON data."""
        parity = [kind.value for kind in self.parity_conditions]
        return {
            "format": 1,
            "name": self.name,
            "grid": asdict(self.grid),
            "spectrogram": asdict(self.spectrogram),
            "encoding": asdict(self.encoding),
            "vocabulary": self.vocabulary.to_json(),
            "conditions": [kind.value for kind in self.conditions],
            **({"parity_conditions": parity} if parity else {}),
            "marks_empty_input": self.marks_empty_input,
            "audio_lead_ms": self.audio_lead_ms,
            "label_weights": {kind.value: weight for kind, weight in self.label_weights.items()},
        }

    @classmethod
    def from_json(cls, data: dict, tables: ClassTables = NO_TABLES) -> Contract:
        if data.get("format") != 1:
            raise ValueError("this model's contract has a format unknown to this version")
        return cls(
            name=data["name"],
            grid=WindowGrid(**data["grid"]),
            spectrogram=SpectrogramSpec.from_dict(data["spectrogram"]),
            encoding=EncodingSpec(**data["encoding"]),
            vocabulary=Vocabulary.from_json(data["vocabulary"]),
            conditions=tuple(EventKind(name) for name in data["conditions"]),
            marks_empty_input=data["marks_empty_input"],
            audio_lead_ms=data["audio_lead_ms"],
            parity_conditions=tuple(EventKind(name) for name in data.get("parity_conditions", ())),
            label_weights={EventKind(name): weight for name, weight in data.get("label_weights", {}).items()},
            tables=tables,
        )

    def save(self, folder: Path) -> None:
        text = json.dumps(self.to_json(), indent=1)
        (folder / CONTRACT_FILE).write_text(text + "\n", encoding="utf-8")
        self.tables.save(folder)

    @classmethod
    def load(cls, folder: Path) -> Contract:
        path = folder / CONTRACT_FILE
        if not path.is_file():
            raise ValueError(f"{folder} holds no model: {CONTRACT_FILE} is missing")
        return cls.from_json(json.loads(path.read_text(encoding="utf-8")), ClassTables.load(folder))


def output_ranges(encoding: EncodingSpec, grid: WindowGrid, kiai: bool = True) -> tuple[EventRange, ...]:
    """Return the event ranges of an encoding and a window grid.

    They are in the order of the published vocabularies. `kiai` states whether the model decodes kiai sections.
    """
    cell_px = encoding.position_cell_px
    columns = (encoding.x_high_px - encoding.x_low_px) // cell_px + 1
    rows = (encoding.y_high_px - encoding.y_low_px) // cell_px + 1
    ranges: list[EventRange] = [EventRange(EventKind.TIME, 0, grid.time_tokens - 1)]
    if encoding.snapping:
        ranges.append(EventRange(EventKind.SNAPPING, 0, 16))
    if encoding.distances:
        ranges.append(EventRange(EventKind.DISTANCE, 0, 640))
    if encoding.positions and encoding.positions_split:
        left, top = encoding.x_low_px // cell_px, encoding.y_low_px // cell_px
        ranges.append(EventRange(EventKind.POSITION_X, left, left + columns - 1))
        ranges.append(EventRange(EventKind.POSITION_Y, top, top + rows - 1))
    elif encoding.positions:
        ranges.append(EventRange(EventKind.POSITION, 0, columns * rows - 1))
    if encoding.position_refine_px:
        steps = cell_px // encoding.position_refine_px
        ranges.append(EventRange(EventKind.POSITION_REFINE, 0, steps * steps - 1))
    ranges.append(EventRange(EventKind.COLUMN, 0, 17))
    if encoding.scroll_speeds:
        ranges.append(EventRange(EventKind.SCROLL_SPEED, 0, 1000 // encoding.scroll_speed_step_percent))
    if encoding.new_combos:
        ranges.append(EventRange(EventKind.NEW_COMBO, 0, 0))
    if encoding.hitsounds:
        ranges.append(EventRange(EventKind.HITSOUND, 0, 72))
    if encoding.volumes:
        ranges.append(EventRange(EventKind.VOLUME, 0, 100))
    absent = (set() if kiai else {EventKind.KIAI}) | (set() if encoding.sustain_ms else SUSTAIN_KINDS)
    ranges += [EventRange(kind, 0, 1 if kind is EventKind.KIAI else 0) for kind in GROUP_KINDS if kind not in absent]
    return tuple(ranges)


GROUP_KINDS = (
    EventKind.CIRCLE,
    EventKind.SPINNER,
    EventKind.SPINNER_END,
    EventKind.SLIDER_HEAD,
    EventKind.BEZIER_ANCHOR,
    EventKind.PERFECT_ANCHOR,
    EventKind.CATMULL_ANCHOR,
    EventKind.RED_ANCHOR,
    EventKind.LAST_ANCHOR,
    EventKind.SLIDER_END,
    EventKind.BEAT,
    EventKind.MEASURE,
    EventKind.TIMING_POINT,
    EventKind.KIAI,
    EventKind.SLIDER_SUSTAIN,
    EventKind.SLIDER_REPEAT_SUSTAIN,
    EventKind.SPINNER_SUSTAIN,
    EventKind.HOLD_NOTE,
    EventKind.HOLD_NOTE_END,
    EventKind.SCROLL_SPEED_CHANGE,
    EventKind.HOLD_NOTE_SUSTAIN,
    EventKind.DRUMROLL,
    EventKind.DRUMROLL_END,
    EventKind.DENDEN,
    EventKind.DENDEN_END,
    EventKind.DRUMROLL_SUSTAIN,
    EventKind.DENDEN_SUSTAIN,
)

MINI_CONDITIONS = tuple(
    kind for kind in CONDITIONS if kind not in (EventKind.YEAR, EventKind.KIAI, EventKind.SCROLL_SPEED)
)


def mini_spec() -> Contract:
    """Return the contract of the bundled model."""
    grid = WindowGrid(lead_in=True)
    return Contract(
        name="mini",
        grid=grid,
        spectrogram=SpectrogramSpec(n_mels=64, f_min=30.0, f_max=8_000.0, scale="log1p"),
        encoding=MINI_ENCODING,
        vocabulary=Vocabulary(
            output_ranges=output_ranges(MINI_ENCODING, grid),
            input_ranges=tuple(CONDITIONS[kind].event_range for kind in MINI_CONDITIONS),
            contexts=tuple(ContextKind),
        ),
        conditions=MINI_CONDITIONS,
    )
