"""Objects of a map at the times of its rhythm, from the object model."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from feedback.progress import Stage
from osu_beatmap.beatmap import Difficulty, GameMode, TimingPoint
from osu_beatmap.timing.active_point import Timing
from osuT5.encoding import encode_context
from osuT5.encoding.assembly import assemble
from osuT5.generation.chart_state import ChartState
from osuT5.generation.window_schedule import SongGenerator
from osuT5.objects.chart_tokens import encode_chart
from osuT5.objects.corpus import SongSound
from osuT5.objects.drafts import DraftBuilder
from osuT5.objects.files import load_object_model
from osuT5.objects.generation import ObjectGenerator
from osuT5.objects.network import ObjectNetwork
from osuT5.rhythm.files import WEIGHTS_FILE
from osuT5.tokens.events import ContextKind
from paths import MODEL_DIR
from pipeline.generation.model_cache import kept
from pipeline.generation.rhythm import SongRhythm, rhythm_conditions


def with_objects(
    chart: ChartState,
    rhythm: SongRhythm,
    lines: Sequence[TimingPoint],
    settings: Difficulty,
    writer: SongGenerator,
) -> ChartState:
    """Return a chart with its objects at its object times.

    Raises:
        ModelError: The object model cannot be loaded.
    """
    song = rhythm.encode(lines)
    mode = chart.attributes.mode
    keys = chart.attributes.key_count or 0
    builder = DraftBuilder(mode, song.clock, Timing(list(lines)), settings, keys)
    generator = ObjectGenerator(kept(bundled_object_model), SongSound.of(song))
    steps = song.clock.steps_at(chart.object_times_ms)
    before = None if chart.before is None else encode_chart(chart.before, song.clock)
    drafts = generator.generate(
        steps,
        rhythm_conditions(chart.attributes),
        chart.attributes,
        builder,
        chart.seed,
        before=before,
        progress=partial(writer.progress, Stage(ContextKind.MAP.value)),
    )
    encoding = writer.spec.encoding
    beatmap, _ = assemble({}, mode, lines, settings, keys, encoding, drafts)
    objects = encode_context(beatmap, ContextKind.MAP, encoding, writer.song_ms) if mode is GameMode.MANIA else []
    # Scroll speeds of mania are written after the objects, and given them.
    return replace(chart, drafts=drafts, contexts={**chart.contexts, ContextKind.MAP: objects})


def bundled_object_model() -> ObjectNetwork:
    """Load the object model that comes with the program."""
    digest = hashlib.sha256((MODEL_DIR / "mini_rhythm" / WEIGHTS_FILE).read_bytes()).hexdigest()
    return load_object_model(MODEL_DIR / "mini_objects", digest)
