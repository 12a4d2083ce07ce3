"""Predicted fractions of curves, sliders and hold notes in human-made maps.

    python -m benchmarks.kind_shares FOLDER [--model DIR] [--charts 8] [--seconds 70] [--stepmania sources.json]

Teacher-forced: each object of a held-out chart is predicted from the human's objects before it. Of the tokens that
answer one question (hold note or tap, slider or circle, inner anchor or end after a slider's head), the mean
probability of the first answer is printed beside how often the human gave it: by the scores as they are, and with the
label weights of the training divided out. Sampling draws the kind of a token from the latter.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from benchmarks.arguments import review_parser
from benchmarks.mai_mod.review_charts import ReviewChart, review_charts
from osu_beatmap.attributes import WITH_CIRCLES, attributes_of
from osu_beatmap.beatmap import GameMode
from osu_beatmap.held_out import Split
from osuT5.encoding import encode_context
from osuT5.generation.chart_state import ChartState
from osuT5.generation.surprisal import ContextScorer, ScoredEvent
from osuT5.generation.threads import cpu_threads
from osuT5.model.files.loading import load_model
from osuT5.tokens.contract import Contract
from osuT5.tokens.events import TYPE_KINDS, ContextKind, EventKind

K = EventKind
QUESTIONS = {
    "hold note": (K.HOLD_NOTE, K.CIRCLE),
    "slider": (K.SCROLL_SPEED, K.HITSOUND),
    "inner anchor": (K.POSITION, K.TIME),
}
"""Question -> the answer whose share is printed, and the other one. Only slider heads have a scroll speed."""

FEWEST_ANSWERS = 20


def main() -> int:
    parser = review_parser(__doc__, charts=8, seconds=70.0)
    parser.add_argument("--stepmania", type=Path, help="JSON list of {dir, kind}: mania of kind sm is named apart")
    arguments = parser.parse_args()
    model, contract = load_model(arguments.model)
    print(
        "| chart | question | answers | human | scores as they are | weights divided out |", "|---" * 6 + "|", sep="\n"
    )
    for chart in review_charts(arguments, Split.HELD_OUT, model, contract):
        undivided, divided = (shares(chart, each) for each in (replace(contract, label_weights={}), contract))
        for question, (count, human, as_scored) in undivided.items():
            figures = f"{human:.3f} | {as_scored:.3f} | {divided[question][2]:.3f}"
            tqdm.write(f"| {chart.mode}: {chart.name} | {question} | {count} | {figures} |", file=sys.stdout)
    return 0


def shares(chart: ReviewChart, contract: Contract) -> dict[str, tuple[int, float, float]]:
    """Return the answers, human fraction and mean probability of each question."""
    generator, beatmap = chart.reader.writer, chart.beatmap
    song_ms = generator.song_ms
    contexts = {
        context: encode_context(beatmap, context, contract.encoding, song_ms)
        for context in contract.contexts_of(beatmap.mode)
    }
    state = ChartState(attributes_of(beatmap), 0, contexts)
    generator.spec = contract
    with cpu_threads(generator.model):
        events = ContextScorer(generator, state, ContextKind.MAP).score().events
    answers: dict[str, list[tuple[bool, float]]] = defaultdict(list)
    for question, event in _questions(events, beatmap.mode):
        answer, other = (event.kinds.get(kind, 0.0) for kind in QUESTIONS[question])
        answers[question].append((event.event.kind is QUESTIONS[question][0], answer / max(answer + other, 1e-12)))
    rows = {question: np.array(given, float) for question, given in answers.items() if len(given) >= FEWEST_ANSWERS}
    return {question: (len(row), *map(float, row.mean(0))) for question, row in rows.items()}


def _questions(events: list[ScoredEvent], mode: GameMode) -> Iterator[tuple[str, ScoredEvent]]:
    """Yield each question with the event that answers it."""
    types = {event.group: event.event.kind for event in events if event.event.kind in TYPE_KINDS}
    before: EventKind | None = None
    answered = -1
    for event in events:
        kind = event.event.kind
        if before is K.SLIDER_HEAD and kind in QUESTIONS["inner anchor"]:
            yield "inner anchor", event
        if mode is GameMode.MANIA and kind in QUESTIONS["hold note"]:
            yield "hold note", event
        can_be_slider = mode in WITH_CIRCLES and types.get(event.group) in (K.SLIDER_HEAD, K.CIRCLE)
        if can_be_slider and kind in QUESTIONS["slider"] and event.group != answered:
            yield "slider", event
            answered = event.group
        before = kind


if __name__ == "__main__":
    sys.exit(main())
