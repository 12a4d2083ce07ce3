"""mai_mod/: suggestions of the original for made-up model outputs.

`<case>.json` has the events with their times, each with its surprisal and the likeliest event, both also as text, and
the sequences of the first batch of windows; `<case>.txt` is the report that was printed. The outputs themselves are not
there, so surprisals cannot be compared: they are given, and what is made of them is.
"""

from __future__ import annotations

from functools import cached_property, partial
from pathlib import Path

from benchmarks.parity.cases import Named, Outcome, same_list
from benchmarks.parity.folders import read_json
from benchmarks.parity.inputs import INPUT_FOLDER, load_recorded_bundle
from osu_beatmap.beatmap import Beatmap
from osu_beatmap.files.reader import read_beatmap
from osu_beatmap.quirks import PUBLISHED
from osuT5.encoding import encode_context
from osuT5.model.files.bundle import ModelBundle
from osuT5.tokens.events import ContextKind, Event, EventKind
from osuT5.tokens.vocabulary import PAD_ID, SOS_ID
from parity.event_stream import EventStream
from parity.mai_mod_report import JudgedEvent, OriginalReport
from parity.windows import OriginalGrid

SONG_MS = 40_000.0
"""The song of the cases, of which only the length matters."""


UNSCORED = "None"


class Case:
    """One recorded review, of a model that writes everything in one context."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def data(self) -> dict:
        return read_json(self.path)

    @cached_property
    def context(self) -> dict:
        (context,) = self.data["contexts"]
        return context

    @cached_property
    def bundle(self) -> ModelBundle:
        return load_recorded_bundle(self.path.parents[1], self.data["config"])

    @cached_property
    def beatmap(self) -> Beatmap:
        return read_beatmap(self.path.parents[1] / INPUT_FOLDER / self.data["osu"], quirks=PUBLISHED)

    @cached_property
    def stream(self) -> EventStream:
        encoding = self.bundle.spec.encoding
        groups = encode_context(self.beatmap, ContextKind(self.context["context"]), encoding, SONG_MS, PUBLISHED)
        return EventStream.of(groups)

    @cached_property
    def report(self) -> OriginalReport:
        context = self.context
        rows = zip(context["events"], context["times"], context["surprisals"], context["expected"], strict=True)
        judged = [JudgedEvent(_event(own), ms, bits, _event(wanted)) for own, ms, bits, wanted in rows]
        encoding = self.bundle.spec.encoding
        return OriginalReport(self.beatmap, judged, encoding.types_first, encoding.position_cell_px)


def _event(row: list) -> Event | None:
    return None if row[0] == EventKind.CONTROL.value else Event(EventKind(row[0]), row[1])


def cases(folder: Path) -> Named:
    for path in sorted(folder.glob("*.json")):
        case = Case(path)
        for name, compare in (
            ("events", _compare_events),
            ("sequences", _compare_sequences),
            ("words", _compare_words),
            ("report", _compare_report),
        ):
            yield f"{path.stem} {name}", partial(compare, case)


def _compare_events(case: Case) -> Outcome:
    """Compare the events and their times."""
    ours = [
        [[event.kind.value, event.value], ms]
        for event, ms in zip(case.stream.events, case.stream.times_ms, strict=True)
    ]
    theirs = [[row, ms] for row, ms in zip(case.context["events"], case.context["times"], strict=True)]
    return same_list(ours, theirs, "events")


def _compare_sequences(case: Case) -> Outcome:
    """Compare the sequences of the first windows.

    They hold all of each window, for scoring.
    """
    theirs = [[i for i in row if i != PAD_ID] for row in case.data["batches"][0]["ids"]]
    spec = case.bundle.spec
    windows = OriginalGrid(spec.grid).windows(round(SONG_MS * spec.grid.sample_rate / 1000))[: len(theirs)]
    stream = _read_recorded(case)
    ours = []
    for window in windows:
        events = stream.select_span(window.start_ms, window.start_ms + spec.grid.window_ms)
        ours.append(
            [SOS_ID, *(spec.vocabulary.encode_clipped(_shift_to_window(e, window.start_ms, spec)) for e in events)]
        )
    return same_list(ours, theirs, "sequences")


def _read_recorded(case: Case) -> EventStream:
    """Read the recorded events, so that their differences show only there."""
    return EventStream([_event(row) for row in case.context["events"]], case.context["times"])


def _shift_to_window(event: Event, start_ms: int, spec) -> Event:
    if event.kind is not EventKind.TIME:
        return event
    return event._replace(value=int((event.value - start_ms) / spec.grid.time_step_ms))


def _compare_words(case: Case) -> Outcome:
    """Compare events and expected events as text.

    Those after the song's end were not scored and have none.
    """
    ours, theirs = [], []
    for rows, texts in (("events", "events_str"), ("expected", "expected_str")):
        for row, text in zip(case.context[rows], case.context[texts], strict=True):
            if text != UNSCORED:
                event = _event(row)
                ours.append("End of sequence" if event is None else case.report.said(event))
                theirs.append(text)
    return same_list(ours, theirs, "texts")


def _compare_report(case: Case) -> Outcome:
    theirs = case.path.with_suffix(".txt").read_text(encoding="utf-8").rstrip("\n").splitlines()
    return same_list(case.report.text().splitlines(), theirs, "lines")
