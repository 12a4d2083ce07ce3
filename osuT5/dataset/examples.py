"""Random training batches: windows of songs with the charts that were made for them.

A batch is a pure function of the seed and the step, so a run resumes at any step without stored loader state,
and several workers can share the steps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from osu_beatmap.model import GameMode
from osuT5.conditions import SongPlace, condition_ids
from osuT5.dataset.corpus import Chart, TrainingSong
from osuT5.dataset.frame_targets import frame_targets, onset_targets
from osuT5.dataset.sources import CorpusError
from osuT5.events import ContextKind, EventKind
from osuT5.mel import window_mel
from osuT5.mirror import mirror_table, mirrors_of
from osuT5.prompt import Segment
from osuT5.spec import ModelSpec
from osuT5.vocabulary import EOS_ID, IGNORED_LABEL
from osuT5.windows import LOOKAHEAD, LOOKBACK

CONTINUATION_SHARES = {ContextKind.TIMING: 0.2, ContextKind.MAP: 0.7}
"""How often a context is the one that a continuation row is about, beside 0.1 for each other."""

WHOLE_LOOKBACK_SHARE = 0.3
"""How many of the gaps are all of the lookback."""

ALWAYS_KNOWN = frozenset({EventKind.GAMEMODE, EventKind.SONG_LENGTH, EventKind.SONG_POSITION})


@dataclass(frozen=True, slots=True)
class AugmentationOptions:
    """What training varies. All probabilities are for one window or one chart.

    `continuation_probability` is how often a row is what generation asks for: one context, continued from where earlier
    windows have decided, of which they may have left out the end (`gap_probability`). Without such rows a model never
    learns to go on after a stretch in which it wrote nothing, and one omission silences the rest of a song.
    `speed_range` plays the music and the chart faster or slower by up to that share, by stretching the spectrogram;
    `time_jitter_steps` moves the times that the decoder reads, not those that it learns.
    """

    continuation_probability: float = 0.5
    gap_probability: float = 0.6
    speed_probability: float = 0.5
    speed_range: float = 0.1
    mirror: bool = True
    condition_dropout: float = 0.15
    time_jitter_steps: int = 2
    time_jitter_probability: float = 0.5
    mel_mask_probability: float = 0.3
    mel_mask_bands: int = 8


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """Sizes of a batch, and how often each mode is drawn (standard, taiko, catch, mania)."""

    windows: int = 12
    charts_per_window: int = 2
    max_tokens: int = 640
    mode_shares: tuple[float, float, float, float] = (0.36, 0.20, 0.12, 0.32)
    converted_catch_share: float = 0.5


@dataclass(slots=True)
class Batch:
    """Arrays of one training step.

    mel [windows, frames, mels] float32; input_ids, labels [rows, tokens] int64, labels -100 where nothing is learned;
    row_window, row_mode [rows]: the window and the game mode of each row;
    frame_targets [windows, frames, channels] and frame_known, which broadcasts to it;
    onset_targets [rows, frames]: where the row's own chart has objects.
    """

    mel: np.ndarray
    input_ids: np.ndarray
    labels: np.ndarray
    row_window: np.ndarray
    row_mode: np.ndarray
    frame_targets: np.ndarray
    frame_known: np.ndarray
    onset_targets: np.ndarray


@dataclass(frozen=True, slots=True)
class _Cut:
    """A stretch of a song, to be played `speed` times as fast."""

    song: TrainingSong
    start_frame: int
    speed: float


class ExampleSampler:
    """Draws batches from songs in memory."""

    def __init__(
        self,
        songs: list[TrainingSong],
        spec: ModelSpec,
        options: BatchOptions,
        augmentation: AugmentationOptions | None,
        seed: int,
    ) -> None:
        self.songs = songs
        self.spec = spec
        self.options = options
        self.augmentation = augmentation
        self.seed = seed
        self._pools = {mode: _pool(songs, mode, options.converted_catch_share) for mode in GameMode}
        shares = np.array(
            [share if self._pools[GameMode(m)][0] else 0.0 for m, share in enumerate(options.mode_shares)]
        )
        if not shares.sum():
            raise CorpusError("There is no chart to train on: each song needs its .osu files beside its audio.")
        self._mode_shares = shares / shares.sum()

    def batch(self, step: int) -> Batch:
        """The batch of a step: the same for the same seed, songs and options."""
        rng = np.random.default_rng([self.seed, step])
        cuts, rows = [], []
        for window in range(self.options.windows):
            song, charts = self._draw_charts(rng)
            cut = self._cut(song, rng)
            cuts.append(cut)
            rows += [(window, chart, *self._row(cut, chart, rng)) for chart in charts]
        longest = max(len(ids) for _, _, ids, _ in rows)
        input_ids = np.zeros((len(rows), longest), dtype=np.int64)
        labels = np.full((len(rows), longest), IGNORED_LABEL, dtype=np.int64)
        for index, (_, _, ids, row_labels) in enumerate(rows):
            input_ids[index, : len(ids)] = ids
            labels[index, : len(ids)] = row_labels
        targets, known = zip(*(self._frame_targets(cut) for cut in cuts), strict=True)
        return Batch(
            mel=np.stack([self._mel(cut, rng) for cut in cuts]),
            input_ids=input_ids,
            labels=labels,
            row_window=np.array([window for window, *_ in rows]),
            row_mode=np.array([int(chart.attributes.mode) for _, chart, *_ in rows]),
            frame_targets=np.stack(targets),
            frame_known=np.stack(known),
            onset_targets=np.stack([self._onset_targets(cuts[window], chart) for window, chart, *_ in rows]),
        )

    def _draw_charts(self, rng: np.random.Generator) -> tuple[TrainingSong, list[Chart]]:
        """A chart of a random mode, and others of its song to share the encoder's work."""
        mode = GameMode(rng.choice(4, p=self._mode_shares))
        entries, weights = self._pools[mode]
        song_index, chart_index = entries[rng.choice(len(entries), p=weights)]
        song = self.songs[song_index]
        others = [index for index in range(len(song.charts)) if index != chart_index]
        more = min(len(others), self.options.charts_per_window - 1)
        chosen = [chart_index, *rng.choice(others, size=more, replace=False)] if more else [chart_index]
        return song, [song.charts[index] for index in chosen]

    def _cut(self, song: TrainingSong, rng: np.random.Generator) -> _Cut:
        frames = self.spec.grid.frames
        start_frame = int(rng.integers(-self.spec.grid.lead_in_frames(), max(1, len(song.mel) - frames // 2)))
        speed = 1.0
        options = self.augmentation
        if options and rng.random() < options.speed_probability:
            speed = 1.0 + float(rng.uniform(-options.speed_range, options.speed_range))
        return _Cut(song, start_frame, speed)

    def _mel(self, cut: _Cut, rng: np.random.Generator) -> np.ndarray:
        mel = window_mel(cut.song.mel, cut.start_frame, self.spec.grid.frames, cut.speed)
        options = self.augmentation
        if options and rng.random() < options.mel_mask_probability:
            bands = int(rng.integers(1, options.mel_mask_bands + 1))
            low = int(rng.integers(0, mel.shape[1] - bands + 1))
            mel[:, low : low + bands] = 0.0
        return mel

    def _row(self, cut: _Cut, chart: Chart, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Decoder input and labels of one chart in one window."""
        spec, options = self.spec, self.augmentation
        start_ms = cut.start_frame * spec.grid.frame_ms
        end_ms = start_ms + spec.grid.window_ms * cut.speed
        time_ids = spec.vocabulary.ids_of(EventKind.TIME)
        if options and rng.random() < options.continuation_probability:
            segments = self._continuation(chart, start_ms, cut.speed, time_ids.start, rng)
        else:
            segments = [
                Segment(context, stream.window(start_ms, end_ms, spec.grid, time_ids.start, cut.speed)[0])
                for context, stream in chart.streams.items()
            ]
        forget: frozenset[EventKind] = frozenset()
        if options:
            optional = [kind for kind in spec.conditions if kind not in ALWAYS_KNOWN]
            forget = frozenset(kind for kind in optional if rng.random() < options.condition_dropout)
        place = SongPlace(cut.song.song_ms / cut.speed, start_ms / cut.speed)
        head = condition_ids(spec.vocabulary, spec.conditions, chart.attributes, place, forget, spec.tables)
        ids, mask = spec.layout.render(head, segments)
        ids = np.array(ids[: self.options.max_tokens + 1])
        mask = np.array(mask[: self.options.max_tokens + 1])
        if options and options.mirror:
            mirrors = mirrors_of(chart.attributes.mode)
            mirror = mirrors[rng.integers(len(mirrors))]
            ids = mirror_table(spec.vocabulary, spec.encoding, mirror, chart.attributes.key_count)[ids]
        labels = np.where(mask[1:], ids[1:], IGNORED_LABEL)
        return self._jittered(ids[:-1], time_ids, rng), labels

    def _continuation(
        self, chart: Chart, start_ms: float, speed: float, first_time_id: int, rng: np.random.Generator
    ) -> list[Segment]:
        """One context as a window in the middle of a song continues it, after all of those before it."""
        contexts = list(chart.streams)
        shares = np.array([CONTINUATION_SHARES.get(context, 0.1) for context in contexts])
        target = contexts[rng.choice(len(contexts), p=shares / shares.sum())]
        window_ms = self.spec.grid.window_ms * speed
        cut_ms = start_ms + LOOKBACK * window_ms
        left_ms = rng.uniform(start_ms, cut_ms) if rng.random() < self.augmentation.gap_probability else cut_ms
        if rng.random() < WHOLE_LOOKBACK_SHARE * (left_ms < cut_ms):
            left_ms = start_ms
        stream = chart.streams[target]
        # The first time in the lookahead is what ends a window; nothing after it is ever asked for.
        ends_ms = stream.next_time_ms(start_ms + (1 - LOOKAHEAD) * window_ms)
        end_ms = min(ends_ms + 1.0, start_ms + window_ms)
        segments = []
        for context in contexts[: contexts.index(target)]:
            ids, _ = chart.streams[context].window(start_ms, start_ms + window_ms, self.spec.grid, first_time_id, speed)
            segments.append(Segment(context, ids, learned=False))
        ids, _ = stream.window(start_ms, end_ms, self.spec.grid, first_time_id, speed, (left_ms, cut_ms))
        return [*segments, Segment(target, ids, closed=ends_ms >= start_ms + window_ms)]

    def _jittered(self, ids: np.ndarray, time_ids: range, rng: np.random.Generator) -> np.ndarray:
        options = self.augmentation
        if not options or rng.random() >= options.time_jitter_probability:
            return ids
        steps = options.time_jitter_steps
        is_time = (ids >= time_ids.start) & (ids < time_ids.stop)
        moved = ids + rng.integers(-steps, steps + 1, size=len(ids))
        return np.where(is_time, np.clip(moved, time_ids.start, time_ids.stop - 1), ids)

    def _frame_targets(self, cut: _Cut) -> tuple[np.ndarray, np.ndarray]:
        grid = self.spec.grid
        start_ms = cut.start_frame * grid.frame_ms
        return frame_targets(cut.song, start_ms, cut.speed, grid.frames, grid.frame_ms, self.spec.audio_lead_ms)

    def _onset_targets(self, cut: _Cut, chart: Chart) -> np.ndarray:
        grid, lead_ms = self.spec.grid, self.spec.audio_lead_ms
        start_ms = cut.start_frame * grid.frame_ms
        return onset_targets(chart.object_times_ms, start_ms, cut.speed, grid.frames, grid.frame_ms, lead_ms)


def _pool(
    songs: list[TrainingSong], mode: GameMode, converted_share: float
) -> tuple[list[tuple[int, int]], np.ndarray]:
    """(song, chart) indices of a mode with the probability of each.

    A song with n charts of the mode counts sqrt(n) times; converted charts share `converted_share` beside real ones.
    """
    entries, weights, converted = [], [], []
    for song_index, song in enumerate(songs):
        indices = [index for index, chart in enumerate(song.charts) if chart.attributes.mode is mode]
        for index in indices:
            entries.append((song_index, index))
            weights.append(len(indices) ** -0.5)
            converted.append(song.charts[index].converted)
    share, is_converted = np.array(weights), np.array(converted, dtype=bool)
    if is_converted.any() and not is_converted.all():
        share[is_converted] *= converted_share / share[is_converted].sum()
        share[~is_converted] *= (1 - converted_share) / share[~is_converted].sum()
    return entries, share / share.sum() if entries else share


def context_label_kinds(spec: ModelSpec) -> dict[str, range]:
    """Output ids by kind of token, for reports; context ends are one kind."""
    kinds = {r.kind.value: spec.vocabulary.ids_of(r.kind) for r in spec.vocabulary.output_ranges}
    return {**kinds, "context_end": range(EOS_ID + 1, spec.vocabulary.first_event_id)}
