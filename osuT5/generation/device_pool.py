"""Rows of several writers side by side on a GPU: as `pool` has it on a CPU, with choices made on the device.

A row begins at a place that is free while the others stand still, and is taken back when the host sees that it has
ended. The step that feeds it its first token is one in which all others are fed theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from osuT5.generation.compiled_grammar import CompiledGrammar, TableFull
from osuT5.generation.device_loop import STEPS_LATE, DeviceLoop, Looks, ahead, run_step
from osuT5.generation.engine import Engine, RowByRow
from osuT5.generation.logit_rules import Row
from osuT5.model.static_decoder import Shape
from osuT5.model.step_graphs import GraphedSteps, is_out_of_memory

if TYPE_CHECKING:
    from osuT5.generation.side_by_side import ContextWriter

MOST_ROWS = 8
"""So many contexts at once: each has keys and values of its own, and of its window."""


@dataclass(slots=True)
class _Active:
    """A row at work, and the place at which it will be fed next, or one behind that."""

    writer: ContextWriter
    row: Row
    place: int


class DevicePool:
    """Writes rows with one model, without guidance."""

    def __init__(self, engine: Engine, choice: RowByRow) -> None:
        self._engine = engine
        self._choice = choice
        self._model = engine.model
        self._idle: list[ContextWriter] = []
        self._active: dict[int, _Active] = {}

    @torch.inference_mode()
    def run(self, writers: Sequence[ContextWriter]) -> None:
        """Writes all rows of some writers; what a device cannot do is done by the host. A row in work begins anew then:
        neither its writer nor its generator has gone on."""
        with self._model.graphed_steps.borrowed() as steps:
            rows = min(len(writers), steps.most_rows or MOST_ROWS, MOST_ROWS)
            while steps.problem is None and not all(writer.is_done for writer in writers):
                try:
                    self._write(steps, writers, rows)
                except TableFull:
                    steps.kept[CompiledGrammar].forget()
                    break
                except RuntimeError as error:
                    if rows == 1 or not is_out_of_memory(error):
                        steps.give_up(error)
                    else:
                        rows = steps.most_rows = rows // 2
                        steps.free()
            self._write_plainly(writers)

    def _write(self, steps: GraphedSteps, writers: Sequence[ContextWriter], rows: int) -> None:
        """Until all are done. rows: at once"""
        self._idle, self._active = [writer for writer in writers if not writer.is_done], {}
        self._decoder = steps.decoder(self._model, Shape.apart(rows, self._model.config.max_source_positions))
        self._way = DeviceLoop(self._model, self._engine.vocabulary, None).way(self._decoder, self._choice)
        self._way.clear()
        self._looks = Looks(self._decoder.scores.device, STEPS_LATE)
        while True:
            self._begin(rows)
            if not self._active:
                return
            self._go()
            self._take_back(self._way.settle())

    def _begin(self, rows: int) -> None:
        """Writers are asked in order, so that a later one sees what an earlier one has just been given back."""
        free = [place for place in range(rows) if place not in self._active]
        waiting = []
        for writer in self._idle:
            asked = writer.ask() if free else None
            if asked is not None:
                self._begin_row(free.pop(0), writer, asked)
            elif not writer.is_done:
                waiting.append(writer)
        self._idle = waiting

    def _begin_row(self, place: int, writer: ContextWriter, asked) -> None:
        row, prompt = asked.row, asked.row.prompt_ids
        self._engine.note_decided(row)
        self._decoder.begin(self._model, asked.heard.states, [0], [asked.mode_id], [prompt], place)
        left = self._engine.max_length - len(prompt)
        self._way.begin([row], [left], [ahead(writer.generator, max(left, 0) + 1)], place)
        # The prompt's last token is fed again by the step that all share, and the first choice comes after it.
        self._active[place] = _Active(writer, row, len(prompt) - 1)

    def _go(self) -> None:
        """Until a row has ended, or waits."""
        self._looks.restart()
        while True:
            seen = self._looks.look()
            if seen is not None and seen[0] < len(self._active):
                return
            run_step(self._decoder, self._way, max(each.place for each in self._active.values()))
            self._looks.send(self._way.state)
            for each in self._active.values():
                each.place += 1

    def _take_back(self, going: list[bool]) -> None:
        ended = [place for place in self._active if not going[place]]
        for place, chosen in zip(ended, self._way.results(ended) if ended else (), strict=True):
            each = self._active.pop(place)
            self._engine.take_over([each.row], [chosen], [each.writer.generator])
            each.writer.take(each.row)
            self._idle.append(each.writer)

    def _write_plainly(self, writers: Sequence[ContextWriter]) -> None:
        """What is left, row by row."""
        went_on = True
        while went_on:
            went_on = False
            for writer in writers:
                while (asked := writer.ask()) is not None:
                    choice = RowByRow(
                        self._choice.rules, self._choice.sampler, [writer.generator], self._choice.time_choice
                    )
                    self._engine.write([asked.row], asked.heard.states, [0], [asked.mode_id], choice)
                    writer.take(asked.row)
                    went_on = True
