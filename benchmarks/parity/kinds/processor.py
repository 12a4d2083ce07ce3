"""processor/: whole generation runs of the original.

Tokens of real maps stand in for the model's answers.

`<case>.json` tells of the run: the published configuration and what was overridden in it, the conditions, the windows,
every call of the model (context, window, prompt, negative prompt, ids that end it, answer), and the events of every
stage; `<case>.osu` is the map that came out. Our run is given the same answers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.parity.cases import Named, Outcome, Verdict, same_list
from benchmarks.parity.events import Row, read_rows
from benchmarks.parity.folders import read_json
from benchmarks.parity.inputs import INPUT_FOLDER, load_recorded_bundle, recorded_attributes
from benchmarks.parity.same_map import compare_maps
from osu_beatmap.beatmap import Difficulty
from osu_beatmap.files.reader import parse_beatmap, read_beatmap
from osu_beatmap.files.writer import write_beatmap
from osuT5.model.audio_conditions import DEFAULT_DIFFICULTY_STARS, NO_MAPPER
from osuT5.model.files.bundle import ModelBundle
from osuT5.model.files.families import family_of_model
from osuT5.tokens.events import ContextKind
from osuT5.tokens.vocabulary import PAD_ID
from osuT5.tokens.windows import LOOKAHEAD, LOOKBACK
from parity.event_stream import EventStream
from parity.generate import OriginalMap, OriginalOptions, Reference, generate_as_published
from parity.logit_rules import eos_ids
from parity.window_schedule import OriginalChart, OriginalWriter, WindowTask, negative_attributes
from parity.windows import OriginalGrid, OriginalWindow

DEFAULT_OUTPUTS = "TIMING,KIAI,MAP,SV"
"""Of the published configurations; what a model does not have is not written."""

SHARES = (("lookback", LOOKBACK), ("lookahead", LOOKAHEAD))

FLOAT_SLACK = 1e-6


def cases(folder: Path) -> Named:
    for path in sorted(folder.glob("*.json")):
        case = Case(path)
        yield f"{path.stem} windows", partial(_compare_windows, case)
        for part in ("calls", "prompts", "negative prompts", "end ids", "audio conditions"):
            yield f"{path.stem} {part}", partial(_compare_calls, case, part)
        yield f"{path.stem} events", partial(_compare_events, case)
        yield f"{path.stem} osu", partial(_compare_map, case)


@dataclass
class Case:
    """One run.

    `tasks` are our calls of the model, with their answers, once `map` has been made.
    """

    path: Path
    tasks: list[WindowTask] = field(default_factory=list)

    @cached_property
    def data(self) -> dict[str, Any]:
        return read_json(self.path)

    @cached_property
    def bundle(self) -> ModelBundle:
        return load_recorded_bundle(self.path.parents[1], self.data["config"])

    @cached_property
    def options(self) -> dict[str, str]:
        return dict(text.split("=", 1) for text in self.data["overrides"])

    @property
    def song_ms(self) -> float:
        return self.data["segments"][0]["song_length"]

    @property
    def grid(self) -> OriginalGrid:
        return OriginalGrid(self.bundle.spec.grid, *(float(self.options.get(n, d)) for n, d in SHARES))

    @cached_property
    def windows(self) -> list[OriginalWindow]:
        samples = round(self.song_ms * self.bundle.spec.grid.sample_rate / 1000)
        return self.grid.windows(samples, self.time("start_time"), self.time("end_time"))

    @cached_property
    def map(self) -> OriginalMap:
        self.tasks.clear()
        spec = self.bundle.spec
        longest = self.bundle.config.max_target_positions
        writer = OriginalWriter(spec, self.grid, self.windows, self.song_ms, longest, self._answer)
        return generate_as_published(writer, self.chart, self.settings, self._request(), self.reference)

    @property
    def reference(self) -> Reference | None:
        path = self.options.get("beatmap_path")
        return Reference.read(self.path.parents[1] / INPUT_FOLDER / Path(path).name) if path else None

    @property
    def chart(self) -> OriginalChart:
        asked = self.data["generation_config"]
        attributes = recorded_attributes(asked)
        if float(self.options.get("cfg_scale", 1)) <= 1:
            return OriginalChart(attributes)
        return OriginalChart(attributes, negative_attributes(attributes, asked["negative_descriptors"] or ()))

    @property
    def settings(self) -> Difficulty:
        asked = self.data["beatmap_config"]
        return Difficulty(**{setting.name: asked[setting.name] for setting in fields(Difficulty)})

    def time(self, name: str) -> float | None:
        value = self.options.get(name, "null")
        return None if value == "null" else float(value)

    def _request(self) -> OriginalOptions:
        family = family_of_model(self.bundle.config, self.bundle.spec)
        assert family is not None, "the bundle is a published one"
        return OriginalOptions(
            outputs=_contexts(self.options.get("output_type", DEFAULT_OUTPUTS)),
            given=frozenset(_contexts(self.options.get("in_context", ""))) - {ContextKind.NONE},
            timing_leniency_ms=float(self.options.get("timing_leniency", family.timing_leniency_ms)),
            merges_near_places=family.merges_near_places,
            start_ms=self.time("start_time"),
            end_ms=self.time("end_time"),
            adds_to_reference=self.options.get("add_to_beatmap", "false") == "true",
        )

    def _answer(self, task: WindowTask) -> None:
        """Return the recorded answer; its last id may end it."""
        calls = self.data["calls"]
        self.tasks.append(task)
        if len(self.tasks) > len(calls):
            raise ValueError(f"more than the {len(calls)} calls of the original")
        ids = list(calls[len(self.tasks) - 1]["generated"][0])
        if ids and ids[-1] in task.row.end_ids:
            task.row.end_id = ids.pop()
        task.row.written_ids = ids


def _contexts(text: str) -> tuple[ContextKind, ...]:
    """Parse context kinds from text such as '[TIMING,MAP]'."""
    return tuple(ContextKind(name.strip().lower()) for name in text.strip("[]").split(",") if name.strip())


def _compare_windows(case: Case) -> Outcome:
    theirs = case.data["segments"][0]
    grid = case.grid
    sizes = {"stride_samples": grid.stride_samples, "samples_per_sequence": grid.window_samples}
    sizes["seq_ms"] = grid.grid.window_ms
    for name, own in sizes.items():
        if own != theirs[name]:
            return Verdict.DIFFERS, "", f"{name} {own}, not {theirs[name]}"
    return same_list([window.start_ms for window in case.windows], theirs["times"], "windows")


def _compare_calls(case: Case, part: str) -> Outcome:
    if not isinstance(case.map, OriginalMap) or len(case.tasks) != case.data["n_calls"]:
        return Verdict.DIFFERS, "", f"{len(case.tasks)} calls, not {case.data['n_calls']}"
    theirs = [CALL_PARTS[part][1](call) for call in case.data["calls"]]
    ours = [CALL_PARTS[part][0](case, task) for task in case.tasks]
    wrong = [index for index, (own, other) in enumerate(zip(ours, theirs, strict=True)) if not _is_same(own, other)]
    if not wrong:
        return Verdict.OK, f"{len(theirs)} calls", ""
    own, other = ours[wrong[0]], theirs[wrong[0]]
    note = same_list(own, other, "ids")[2] if isinstance(own, list) else f"{own}, not {other}"
    return Verdict.DIFFERS, f"{len(wrong)} of {len(theirs)}", f"call {wrong[0]}: {note}"


def _is_same(own: Any, other: Any) -> bool:
    if isinstance(other, dict):
        return own.keys() == other.keys() and all(
            np.allclose(own[name], other[name], rtol=0, atol=FLOAT_SLACK) for name in other
        )
    return own == other


def _their_call(call: dict) -> tuple:
    return call["context"], call["frame_time"], call["lookback_time"], call["lookahead_time"]


def _own_call(case: Case, task: WindowTask) -> tuple:
    return task.context.value, task.window.start_ms, task.lookback_ms, task.lookahead_ms


def _own_end_ids(case: Case, task: WindowTask) -> list[int]:
    """Return the end ids in the form of the recorded runs.

    They are the marks, the number of ids with repetitions, the least and the largest.
    """
    vocabulary = case.bundle.spec.vocabulary
    ids = eos_ids(vocabulary, task.context, task.lookback_ms, task.lookahead_ms)
    assert set(ids) == task.row.end_ids
    return [*ids[:2], len(ids), min(ids), max(ids)]


def _own_conditions(case: Case, task: WindowTask) -> dict[str, list]:
    """Return the encoder's conditions for a window, if any."""
    start_ms, spec = task.window.start_ms, case.bundle.spec
    asked = case.data["generation_config"]
    tables = spec.tables
    mapper = tables.mapper_index.get(asked["mapper_id"], len(tables.mapper_index))
    values = {
        "difficulty": [DEFAULT_DIFFICULTY_STARS if asked["difficulty"] is None else asked["difficulty"]],
        "mapper_idx": [NO_MAPPER if asked["mapper_id"] is None else mapper],
        "song_position": [[start_ms / case.song_ms, (start_ms + spec.grid.window_ms) / case.song_ms]],
    }
    names = {"mapper": "mapper_idx"}
    wanted = [names.get(name, name) for name in case.bundle.config.audio_conditions]
    return {name: values[name] for name in wanted}


CALL_PARTS: dict[str, tuple[Callable[[Case, WindowTask], Any], Callable[[dict], Any]]] = {
    "calls": (_own_call, _their_call),
    "prompts": (lambda _, task: task.row.prompt_ids, lambda call: _strip_padding(call["prompt"])),
    "negative prompts": (lambda _, task: task.row.negative_ids, lambda call: _strip_padding(call["negative_prompt"])),
    "end ids": (_own_end_ids, lambda call: call["eos_ids"]),
    "audio conditions": (_own_conditions, lambda call: call["cond"]),
}
"""For each part of a call, ours and theirs."""


def _strip_padding(prompts: Sequence[list[int]] | None) -> list[int]:
    ids = prompts[0] if prompts else []
    return ids[next((place for place, token_id in enumerate(ids) if token_id != PAD_ID), len(ids)) :]


def _compare_events(case: Case) -> Outcome:
    """Compare the events and times of every stage."""
    theirs = case.data["processor_results"]
    stages = case.map.stages
    if len(stages) != len(theirs):
        return Verdict.DIFFERS, "", f"{len(stages)} stages, not {len(theirs)}"
    count = 0
    for stage, written in zip(stages, theirs, strict=True):
        if len(stage) != len(written["result"]):
            return Verdict.DIFFERS, "", f"{len(stage)} contexts, not {len(written['result'])}"
        for (context, own), other in zip(stage.items(), written["result"], strict=True):
            expected = read_rows(other)
            verdict, _, note = same_list(_rows(own), expected, "events")
            if verdict is Verdict.DIFFERS:
                return verdict, "", f"{context.value}, {note}"
            count += len(expected)
    return Verdict.OK, f"{count} events", ""


def _rows(stream: EventStream) -> list[Row]:
    return [(event.kind.value, event.value, ms) for event, ms in zip(stream.events, stream.times_ms, strict=True)]


def _compare_map(case: Case) -> Outcome:
    """Compare the native map with the original's, both read from text."""
    return compare_maps(parse_beatmap(write_beatmap(case.map.beatmap)), read_beatmap(case.path.with_suffix(".osu")))
