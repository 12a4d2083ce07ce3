"""Facts that the files of a bundle do not state.

They are each published generation's encoding of maps and prompts. A bundle is recognised by its vocabulary, so that
models trained further from a published one are recognised as well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from osuT5.model.config import ModelConfig
from osuT5.model.spectrogram import SpectrogramSpec
from osuT5.tokens.class_tables import NO_TABLES, ClassTables
from osuT5.tokens.contract import Contract
from osuT5.tokens.encoding_spec import EncodingSpec
from osuT5.tokens.events import ContextKind, EventKind
from osuT5.tokens.vocabulary import Vocabulary
from osuT5.tokens.windows import WindowGrid

PROMPT_ORDER = (
    EventKind.GAMEMODE,
    EventKind.STYLE,
    EventKind.DIFFICULTY,
    EventKind.MAPPER,
    EventKind.YEAR,
    EventKind.HITSOUNDED,
    EventKind.SONG_LENGTH,
    EventKind.GLOBAL_SV,
    EventKind.CIRCLE_SIZE,
    EventKind.KEY_COUNT,
    EventKind.HOLD_NOTE_RATIO,
    EventKind.SCROLL_SPEED_RATIO,
    EventKind.DESCRIPTOR,
    EventKind.KIAI,
    EventKind.SCROLL_SPEED,
    EventKind.SONG_POSITION,
)
"""Conditions as every published model reads them; KIAI and SCROLL_SPEED tell what holds before the window."""

X_LOW_PX, Y_LOW_PX = -256, -256
WIDTH_PX, HEIGHT_PX = 1024, 896


@dataclass(frozen=True, slots=True)
class Family:
    """Facts about one generation.

    states              which of KIAI and SCROLL_SPEED its prompts carry
    parity_states       those that the original program writes, which for V29 are more than it was trained with
    timing_leniency_ms  how far the original program lets a beat be off the red line that explains it
    merges_near_places  whether it puts objects that are nearly on one spot exactly there
    """

    encoding: EncodingSpec
    states: frozenset[EventKind] = frozenset()
    parity_states: frozenset[EventKind] = frozenset()
    timing_leniency_ms: float = 20.0
    merges_near_places: bool = False


_KIAI_AND_SV = frozenset({EventKind.KIAI, EventKind.SCROLL_SPEED})
_SV = frozenset({EventKind.SCROLL_SPEED})

V28 = Family(EncodingSpec(), _KIAI_AND_SV, _KIAI_AND_SV, timing_leniency_ms=3.0, merges_near_places=True)
V29 = replace(V28, states=_SV)
V30 = Family(EncodingSpec(types_first=False, scroll_speeds=False, timing_points=False, timing_in_map=True))
V31 = Family(EncodingSpec(), _KIAI_AND_SV, _KIAI_AND_SV)
V32 = Family(EncodingSpec(types_first=False, slider_layout=2, sustain_ms=8000), _SV, _SV)

V28_WIDTH = 512
"""V28 and V29 have one vocabulary and differ in width."""


def family_of(vocabulary: Vocabulary, d_model: int) -> Family:
    """Return the generation of a bundle.

    Its encoding has the parts that the vocabulary shows.

    Raises:
        ValueError: No generation has such a vocabulary.
    """
    if EventKind.POSITION_REFINE in vocabulary or EventKind.SLIDER_SUSTAIN in vocabulary:
        family = V32
    elif not vocabulary.contexts:
        family = V30
    elif ContextKind.NONE not in vocabulary.contexts:
        raise ValueError("tokenizer.json has a vocabulary that none of the published models V28 to V32 has")
    elif EventKind.POSITION_X in vocabulary:
        family = V31
    else:
        family = V28 if d_model == V28_WIDTH else V29
    return replace(family, encoding=_infer_encoding(family.encoding, vocabulary))


def family_of_model(config: ModelConfig, contract: Contract) -> Family | None:
    """Return the generation of a network and its contract, or None.

    None stands for one that only this program can run.
    """
    if config.frame_heads or config.uses_pointer:
        return None
    try:
        family = family_of(contract.vocabulary, config.d_model)
    except ValueError:
        return None
    return family if family.encoding == contract.encoding else None


def prompt_conditions(vocabulary: Vocabulary, states: frozenset[EventKind]) -> tuple[EventKind, ...]:
    """Return the conditions of a prompt, in its order.

    They are those that only a prompt can hold, and the given states.
    """
    inputs = {event_range.kind for event_range in vocabulary.input_ranges}
    return tuple(kind for kind in PROMPT_ORDER if kind in inputs or (kind in states and kind in vocabulary))


def published_contract(
    name: str,
    family: Family,
    grid: WindowGrid,
    spectrogram: SpectrogramSpec,
    vocabulary: Vocabulary,
    tables: ClassTables = NO_TABLES,
) -> Contract:
    """Return the contract of a model of this family."""
    conditions = prompt_conditions(vocabulary, family.states)
    parity_conditions = prompt_conditions(vocabulary, family.parity_states)
    return Contract(
        name=name,
        grid=grid,
        spectrogram=spectrogram,
        encoding=family.encoding,
        vocabulary=vocabulary,
        conditions=conditions,
        marks_empty_input=ContextKind.NONE in vocabulary.contexts,
        parity_conditions=parity_conditions if parity_conditions != conditions else (),
        tables=tables,
    )


def _infer_encoding(encoding: EncodingSpec, vocabulary: Vocabulary) -> EncodingSpec:
    """Return the encoding that a vocabulary shows.

    It shows the existing parts and the resolution of positions. Positions are within -256..768 and -256..640 px in
    every published model.
    """
    split = EventKind.POSITION_X in vocabulary
    return replace(
        encoding,
        snapping=EventKind.SNAPPING in vocabulary,
        distances=EventKind.DISTANCE in vocabulary,
        positions=split or EventKind.POSITION in vocabulary,
        positions_split=split,
        position_cell_px=_cell_px(vocabulary, split),
        position_refine_px=_refine_px(vocabulary, _cell_px(vocabulary, split)),
        new_combos=EventKind.NEW_COMBO in vocabulary,
        hitsounds=EventKind.HITSOUND in vocabulary,
        volumes=EventKind.VOLUME in vocabulary,
        scroll_speeds=EventKind.SCROLL_SPEED in vocabulary,
        timing_points=EventKind.TIMING_POINT in vocabulary,
    )


def _cell_px(vocabulary: Vocabulary, split: bool) -> int:
    if split:
        ranges = vocabulary.range_of(EventKind.POSITION_X), vocabulary.range_of(EventKind.POSITION_Y)
        cells = tuple((r.low, r.high) for r in ranges)
        for cell_px in range(1, 129):
            left, top = X_LOW_PX // cell_px, Y_LOW_PX // cell_px
            right, bottom = (X_LOW_PX + WIDTH_PX) // cell_px, (Y_LOW_PX + HEIGHT_PX) // cell_px
            if cells == ((left, right), (top, bottom)):
                return cell_px
    elif EventKind.POSITION in vocabulary:
        count = vocabulary.range_of(EventKind.POSITION).size
        for cell_px in range(1, 129):
            if count == (WIDTH_PX // cell_px + 1) * (HEIGHT_PX // cell_px + 1) and WIDTH_PX % cell_px == 0:
                return cell_px
    else:
        return EncodingSpec().position_cell_px
    raise ValueError("tokenizer.json has positions that do not fill the playfield of the published models")


def _refine_px(vocabulary: Vocabulary, cell_px: int) -> int:
    if EventKind.POSITION_REFINE not in vocabulary:
        return 0
    count = vocabulary.range_of(EventKind.POSITION_REFINE).size
    steps = round(count**0.5)
    if steps * steps != count or cell_px % steps:
        raise ValueError("tokenizer.json has position refinements that do not fill a cell")
    return cell_px // steps
