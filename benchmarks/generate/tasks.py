"""The same work for every way to do it: windows of a human chart, with the prompts and token counts that it has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from osu_beatmap.attributes import attributes_of
from osu_beatmap.beatmap import Beatmap
from osu_beatmap.star_rating import star_rating
from osuT5.encoding import encode_context
from osuT5.generation.chart_state import ChartState, groups_between
from osuT5.generation.window_schedule import SongGenerator
from osuT5.tokens.events import ContextKind


@dataclass(frozen=True, slots=True)
class Task:
    """A row: the index of its window, its prompt, and how many tokens are to be written."""

    window: int
    context: ContextKind
    prompt_ids: list[int]
    count: int


def tasks_of(writer: SongGenerator, chart: Beatmap, windows: Sequence[int]) -> list[Task]:
    """What writing these windows would be, if a model wrote what the chart has; window after window."""
    spec = writer.spec
    attributes = attributes_of(chart, star_rating(chart))
    contexts = {c: encode_context(chart, c, spec.encoding, writer.song_ms) for c in spec.contexts_of(attributes.mode)}
    known = ChartState(attributes, 0, contexts)
    tasks = []
    for index in windows:
        window = writer.windows[index]
        for context, groups in contexts.items():
            written = list(groups_between(groups, 0.0, window.from_ms))
            row = writer.row(window, context, known, written)
            own = groups_between(groups, window.from_ms, window.to_ms)
            count = sum(len(group.events) for group in own) + 1  # and what ends the row
            room = writer.model.config.max_target_positions - len(row.prompt_ids)
            tasks.append(Task(index, context, row.prompt_ids, min(count, room)))
    return tasks
