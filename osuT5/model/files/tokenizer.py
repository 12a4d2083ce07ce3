"""tokenizer.json of a published bundle <-> vocabulary and class tables."""

from __future__ import annotations

from collections.abc import Iterable

from osuT5.model.files.network_sizes import require
from osuT5.tokens.class_tables import ClassTables
from osuT5.tokens.conditions import CONDITIONS, TABLE_KINDS
from osuT5.tokens.events import ContextKind, EventKind
from osuT5.tokens.vocabulary import EventRange, Vocabulary

FILE = "tokenizer.json"

FIRST_CONTEXT_ID = 3

SHIFTED_KINDS = {EventKind.SONG_POSITION: -1, EventKind.HOLD_NOTE_RATIO: -1, EventKind.SCROLL_SPEED_RATIO: -1}
"""Conditions whose published values begin at -1; ours begin at 0."""


def vocabulary_of(tokenizer: dict) -> Vocabulary:
    """Return the vocabulary of a tokenizer.json.

    Raises:
        ValueError: It is damaged or foreign; the message is one sentence.
    """
    inputs = tokenizer.get("input_event_ranges", [])
    vocabulary = Vocabulary(
        output_ranges=_ranges(require(tokenizer, "event_ranges", list, FILE)),
        input_ranges=tuple(_ours(r) for r in _ranges(inputs)),
        contexts=_contexts(tokenizer),
    )
    _check_ids(tokenizer, vocabulary)
    if EventKind.TIME not in vocabulary:
        raise ValueError("tokenizer.json has no times, so it belongs to another kind of model")
    return vocabulary


def tables_of(tokenizer: dict) -> ClassTables:
    """Read the tables of mappers and descriptors by class.

    Raises ValueError for damaged tables.
    """
    names = {
        "mapper_index": "mapper_idx",
        "descriptor_index": "descriptor_idx",
        "mapper_of_beatmap": "beatmap_mapper",
        "descriptors_of_beatmap": "beatmap_descriptors",
        "beatmap_index": "beatmap_idx",
    }
    try:
        return ClassTables.from_json({ours: tokenizer.get(theirs) or {} for ours, theirs in names.items()})
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError("tokenizer.json has a damaged table of mappers or descriptors") from error


def tokenizer_json(vocabulary: Vocabulary, tables: ClassTables) -> dict:
    """Return the tokenizer.json that the original would save for a vocabulary."""
    outputs = [_row(event_range) for event_range in vocabulary.output_ranges]
    inputs = [_row(_theirs(event_range)) for event_range in vocabulary.input_ranges]
    ids = {row["type"]: vocabulary.ids_of(EventKind(row["type"])) for row in (*outputs, *inputs)}
    has_difficulty = EventKind.DIFFICULTY in vocabulary
    return {
        "offset": vocabulary.first_event_id,
        "context_sos": {context.value: vocabulary.context_sos(context) for context in vocabulary.contexts},
        "context_eos": {context.value: vocabulary.context_eos(context) for context in vocabulary.contexts},
        "event_ranges": outputs,
        "input_event_ranges": inputs,
        "num_classes": len(tables.beatmap_index),
        "num_diff_classes": CONDITIONS[EventKind.DIFFICULTY].high + 1 if has_difficulty else 0,
        "max_difficulty": 12 if has_difficulty else 0,
        "event_range": {row["type"]: row for row in (*outputs, *inputs)},
        "event_start": {name: span.start for name, span in ids.items()},
        "event_end": {name: span.stop for name, span in ids.items()},
        "vocab_size_out": vocabulary.size_out,
        "vocab_size_in": vocabulary.size_in,
        "beatmap_idx": _string_keys(tables.beatmap_index),
        "beatmap_mapper": _string_keys(tables.mapper_of_beatmap),
        "mapper_idx": _string_keys(tables.mapper_index),
        "num_mapper_classes": len(tables.mapper_index),
        "beatmap_descriptors": {str(key): list(value) for key, value in tables.descriptors_of_beatmap.items()},
        "descriptor_idx": dict(tables.descriptor_index),
        "num_descriptor_classes": _class_count(vocabulary, EventKind.DESCRIPTOR),
        "num_cs_classes": _class_count(vocabulary, EventKind.CIRCLE_SIZE),
    }


def _contexts(tokenizer: dict) -> tuple[ContextKind, ...]:
    starts = tokenizer.get("context_sos") or {}
    ends = tokenizer.get("context_eos") or {}
    known = {context.value: context for context in ContextKind}
    unknown = sorted(set(starts) - set(known))
    if unknown:
        raise ValueError(f"tokenizer.json has the unknown context {unknown[0]!r}")
    names = sorted(starts, key=starts.__getitem__)
    expected = {name: FIRST_CONTEXT_ID + 2 * index for index, name in enumerate(names)}
    if starts != expected or ends != {name: start + 1 for name, start in expected.items()}:
        raise ValueError("tokenizer.json has context tokens that are not in pairs from 3 on")
    return tuple(known[name] for name in names)


def _ranges(rows: Iterable[dict]) -> tuple[EventRange, ...]:
    ranges = []
    known = {kind.value: kind for kind in EventKind}
    for row in rows:
        if not isinstance(row, dict):
            raise ValueError("tokenizer.json has a damaged list of event ranges")
        name = require(row, "type", str, FILE)
        low, high = (require(row, bound, int, FILE) for bound in ("min_value", "max_value"))
        if name not in known:
            raise ValueError(f"tokenizer.json has the unknown event {name!r}")
        if high < low or any(known[name] is r.kind for r in ranges):
            raise ValueError(f"tokenizer.json has an unusable range of the event {name!r}")
        ranges.append(EventRange(known[name], low, high))
    return tuple(ranges)


def _ours(event_range: EventRange) -> EventRange:
    """Return an input range with native values.

    Raises:
        ValueError: Its classes differ from those of `osuT5.tokens.conditions`.
    """
    kind = event_range.kind
    shift = SHIFTED_KINDS.get(kind, 0)
    ours = EventRange(kind, event_range.low - shift, event_range.high - shift)
    if kind in TABLE_KINDS and ours.low == 0:
        return ours
    condition = CONDITIONS.get(kind)
    known = () if condition is None else (condition.event_range, EventRange(kind, condition.low, condition.high))
    if ours not in known:
        raise ValueError(f"tokenizer.json has classes of {kind.value!r} that none of the published models has")
    return ours


def _theirs(event_range: EventRange) -> EventRange:
    shift = SHIFTED_KINDS.get(event_range.kind, 0)
    return EventRange(event_range.kind, event_range.low + shift, event_range.high + shift)


def _check_ids(tokenizer: dict, vocabulary: Vocabulary) -> None:
    """Check that the ids in a tokenizer.json match.

    They are stated several times.
    """
    stated = {"offset": vocabulary.first_event_id}
    stated |= {"vocab_size_out": vocabulary.size_out, "vocab_size_in": vocabulary.size_in}
    for name, value in stated.items():
        if tokenizer.get(name, value) != value:
            raise ValueError(f"tokenizer.json has {name} {tokenizer[name]}, but its ranges make {value}")
    for name, start in (tokenizer.get("event_start") or {}).items():
        kind = next((kind for kind in EventKind if kind.value == name), None)
        if kind not in vocabulary or vocabulary.ids_of(kind).start != start:
            raise ValueError(f"tokenizer.json says that {name!r} begins at {start}, which its ranges do not")


def _row(event_range: EventRange) -> dict:
    return {"type": event_range.kind.value, "min_value": event_range.low, "max_value": event_range.high}


def _class_count(vocabulary: Vocabulary, kind: EventKind) -> int:
    """Count the classes of a condition without the last, unknown one."""
    return vocabulary.range_of(kind).high if kind in vocabulary else 0


def _string_keys(table: dict[int, int]) -> dict[str, int]:
    return {str(key): value for key, value in table.items()}
