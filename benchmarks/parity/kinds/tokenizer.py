"""tokenizer/<version>/: a published tokenizer.json and `summary.json`.

The latter holds the original's reading of it.

Four cases for each version: the ids of all events, the ids that stand for unknown conditions, samples of conditions as
ids, and the tokenizer.json that we would write for the vocabulary that we read.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from benchmarks.parity.cases import Named, Outcome, Verdict, identical
from benchmarks.parity.folders import read_json
from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import GameMode
from osuT5.model.files.tokenizer import tables_of, tokenizer_json, vocabulary_of
from osuT5.tokens.conditions import SongPlace, condition_ids
from osuT5.tokens.events import EventKind

SONG_MS = 180_000.0
"""Of the samples of song positions."""

CONDITION_OF_SPECIAL = {
    "diff_unk": EventKind.DIFFICULTY,
    "mapper_unk": EventKind.MAPPER,
    "descriptor_unk": EventKind.DESCRIPTOR,
    "cs_unk": EventKind.CIRCLE_SIZE,
    "year_unk": EventKind.YEAR,
    "hold_note_ratio_unk": EventKind.HOLD_NOTE_RATIO,
    "scroll_speed_ratio_unk": EventKind.SCROLL_SPEED_RATIO,
}

NOT_IN_VOCABULARY: list[int] = []
"""For a condition that a version lacks; the original's error stands there in the samples."""

Sample = tuple[EventKind, Attributes, SongPlace]


def cases(folder: Path) -> Named:
    for path in sorted(folder.glob("*/tokenizer.json")):
        summary_path = path.with_name("summary.json")
        saved = read_json(path)
        yield f"{path.parent.name} saved", partial(_compare_saved, saved)
        if summary_path.is_file():
            summary = read_json(summary_path)
            yield f"{path.parent.name} ids", partial(_compare_ids, saved, summary)
            yield f"{path.parent.name} unknown", partial(_compare_specials, saved, summary)
            yield f"{path.parent.name} samples", partial(_compare_samples, saved, summary)


def _compare_saved(saved: dict) -> Outcome:
    ours = tokenizer_json(vocabulary_of(saved), tables_of(saved))
    differing = sorted(key for key in saved | ours if saved.get(key) != ours.get(key))
    if not differing:
        return Verdict.OK, "identical", ""
    key = differing[0]
    return Verdict.DIFFERS, "", f"{key}: {ours.get(key)!s:.60}, not {saved.get(key)!s:.60}"


def _compare_ids(saved: dict, summary: dict) -> Outcome:
    vocabulary = vocabulary_of(saved)
    kinds = [EventKind(name) for name in summary["event_start"]]
    ours = {
        "vocab_size_in": vocabulary.size_in,
        "vocab_size_out": vocabulary.size_out,
        "offset": vocabulary.first_event_id,
        "context_sos": {context.value: vocabulary.context_sos(context) for context in vocabulary.contexts},
        "context_eos": {context.value: vocabulary.context_eos(context) for context in vocabulary.contexts},
        "event_start": {kind.value: vocabulary.ids_of(kind).start for kind in kinds},
        "event_end": {kind.value: vocabulary.ids_of(kind).stop for kind in kinds},
        "order": [
            *(event_range.kind.value for event_range in vocabulary.output_ranges),
            "|",
            *(event_range.kind.value for event_range in vocabulary.input_ranges),
        ],
    }
    return identical(ours, {key: summary[key] or type(value)() for key, value in ours.items()})


def _compare_specials(saved: dict, summary: dict) -> Outcome:
    vocabulary, tables = vocabulary_of(saved), tables_of(saved)
    theirs = {name: token for name, token in summary["specials"].items() if isinstance(token, int)}
    ours = {}
    for name in theirs:
        kind = CONDITION_OF_SPECIAL[name]
        (ours[name],) = condition_ids(vocabulary, (kind,), Attributes(_mode_with(kind)), _place(), tables=tables)
    return identical(ours, theirs)


def _compare_samples(saved: dict, summary: dict) -> Outcome:
    vocabulary, tables = vocabulary_of(saved), tables_of(saved)
    count, wrong = 0, []
    for name, samples in summary["samples"].items():
        for text, token in (samples or {}).items():
            count += 1
            kind, *given = _sample(name, text)
            ours = (
                condition_ids(vocabulary, (kind,), *given, tables=tables) if kind in vocabulary else NOT_IN_VOCABULARY
            )
            if ours != ([token] if isinstance(token, int) else NOT_IN_VOCABULARY):
                wrong.append(f"{name} {text}: {ours}, not {token}")
    if wrong:
        return Verdict.DIFFERS, f"{len(wrong)} of {count}", wrong[0]
    return Verdict.OK, f"{count} identical", ""


def _mode_with(kind: EventKind) -> GameMode:
    """Return a mode that has a condition."""
    mania = (EventKind.KEY_COUNT, EventKind.HOLD_NOTE_RATIO, EventKind.SCROLL_SPEED_RATIO)
    return GameMode.MANIA if kind in mania else GameMode.STANDARD


def _place(song_ms: float = SONG_MS, start_ms: float = 0.0) -> SongPlace:
    return SongPlace(song_ms, start_ms)


def _sample(name: str, text: str) -> Sample:
    """Return the condition, attributes and position of a sample."""
    standard, mania = GameMode.STANDARD, GameMode.MANIA
    number = float(text)
    samples: dict[str, Sample] = {
        "diff": (EventKind.DIFFICULTY, Attributes(standard, difficulty=number), _place()),
        "cs": (EventKind.CIRCLE_SIZE, Attributes(standard, circle_size=number), _place()),
        "year": (EventKind.YEAR, Attributes(standard, year=int(number)), _place()),
        "song_length": (EventKind.SONG_LENGTH, Attributes(standard), _place(number)),
        "song_position": (EventKind.SONG_POSITION, Attributes(standard), _place(start_ms=number)),
        "global_sv": (EventKind.GLOBAL_SV, Attributes(standard, slider_multiplier=number), _place()),
        "hold_note_ratio": (EventKind.HOLD_NOTE_RATIO, Attributes(mania, hold_note_ratio=number), _place()),
        "scroll_speed_ratio": (EventKind.SCROLL_SPEED_RATIO, Attributes(mania, scroll_speed_ratio=number), _place()),
        "mapper_id": (EventKind.MAPPER, Attributes(standard, mapper_id=int(number)), _place()),
        "keycount": (EventKind.KEY_COUNT, Attributes(mania, key_count=int(number)), _place()),
    }
    return samples[name]
