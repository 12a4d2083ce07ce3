"""Window grid: overlapping windows of a song, and times in them.

A window is a stretch of audio that the model sees at once. Its first part (`lookback`) was decided by earlier windows,
its last part (`lookahead`) belongs to later ones; what lies between is the span that this window alone decides.
"""

from __future__ import annotations

from dataclasses import dataclass

Ms = float

LOOKBACK = 0.5
LOOKAHEAD = 0.4
"""Shares of a window, as training assumes them and generation has them by default."""


@dataclass(frozen=True, slots=True)
class Window:
    """Window of `frames` frames from `start_frame` on.

    It decides times in [`from_ms`, `to_ms`) of the song.
    """

    index: int
    start_frame: int
    start_ms: Ms
    from_ms: Ms
    to_ms: Ms


@dataclass(frozen=True, slots=True)
class WindowGrid:
    """Sizes of a window in samples, frames and time tokens.

    A window of n frames spans n - 1 hops, because a centred spectrogram has a frame at both ends:
    V29's 1,024 frames of 128 samples at 16 kHz are 8,184 ms. With `lead_in` the first window begins in the silence
    before the song, so that its first objects are decided as all others are: after a lookback, even if an empty one.
    """

    sample_rate: int = 16_000
    hop_samples: int = 128
    frames: int = 1_024
    time_step_ms: int = 10
    lead_in: bool = False

    @property
    def frame_ms(self) -> Ms:
        return 1_000.0 * self.hop_samples / self.sample_rate

    @property
    def window_ms(self) -> Ms:
        return (self.frames - 1) * self.frame_ms

    @property
    def time_tokens(self) -> int:
        """Number of time values: every step that begins within a window."""
        return int(self.window_ms // self.time_step_ms) + 1

    def time_value(self, time_ms: Ms, window_start_ms: Ms) -> int:
        """Return the step of a window that contains a time."""
        return int((time_ms - window_start_ms) // self.time_step_ms)

    def time_ms(self, time_value: int, window_start_ms: Ms) -> Ms:
        """Return the middle of a step.

        A quantised time is thus at most half a step off.
        """
        return window_start_ms + (time_value + 0.5) * self.time_step_ms

    def lead_in_frames(self, lookback: float = LOOKBACK) -> int:
        """Return the frames before the song at which its first window begins."""
        return round(lookback * (self.frames - 1)) if self.lead_in else 0

    def windows(self, song_ms: Ms, lookback: float = LOOKBACK, lookahead: float = LOOKAHEAD) -> list[Window]:
        """Divide a song into overlapping windows.

        Every time in [0, song_ms) is decided by exactly one of them.

        `lookback` and `lookahead` are shares of a window; what remains is the stride, a whole number of frames.
        """
        assert lookback >= 0 and lookahead >= 0 and lookback + lookahead < 1, "the stride must be positive"
        last_frame = self.frames - 1
        stride_frames = max(1, round((1 - lookback - lookahead) * last_frame))
        decided_frames = last_frame - round(lookahead * last_frame)
        windows = []
        start_frame = -self.lead_in_frames(lookback)
        from_ms = 0.0
        while from_ms < song_ms or not windows:
            start_ms = start_frame * self.frame_ms
            # The window that reaches the end of the song also decides its lookahead: no window follows it.
            is_last = start_ms + self.window_ms >= song_ms
            to_ms = max(song_ms, from_ms) if is_last else start_ms + decided_frames * self.frame_ms
            windows.append(Window(len(windows), start_frame, start_ms, from_ms, to_ms))
            if is_last:
                break
            from_ms = to_ms
            start_frame += stride_frames
        return windows
