"""Windows of a song as the original cuts them.

They have a stride of whole samples, and starts in whole milliseconds. `WindowGrid.windows` strides over whole frames
instead, so that one spectrogram serves all windows, and ends with the window that reaches the end of the song. This one
continues until a whole stride lies behind it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from osuT5.tokens.windows import LOOKAHEAD, LOOKBACK, Ms, WindowGrid


@dataclass(frozen=True, slots=True)
class OriginalWindow:
    """Window of `samples` samples from `start_sample` on.

    Beyond the song's end there is silence; times count from `start_ms`.
    """

    index: int
    start_sample: int
    samples: int
    start_ms: int
    is_first: bool
    is_last: bool


@dataclass(frozen=True, slots=True)
class OriginalGrid:
    """Use of a window grid.

    `lookback` and `lookahead` are fractions of a window.
    """

    grid: WindowGrid
    lookback: float = LOOKBACK
    lookahead: float = LOOKAHEAD

    @property
    def window_samples(self) -> int:
        return (self.grid.frames - 1) * self.grid.hop_samples

    @property
    def stride_samples(self) -> int:
        return int(self.window_samples * (1 - self.lookback - self.lookahead))

    @property
    def lookback_ms(self) -> Ms:
        return self.lookback * self.grid.window_ms

    @property
    def lookahead_ms(self) -> Ms:
        return self.lookahead * self.grid.window_ms

    @property
    def decided_ms(self) -> Ms:
        """Times from here on are left to later windows."""
        return (1 - self.lookahead) * self.grid.window_ms

    def windows(self, song_samples: int, start_ms: Ms | None = None, end_ms: Ms | None = None) -> list[OriginalWindow]:
        """Return the windows that decide something in a span; at least one.

        The span is from `start_ms` to `end_ms`.
        """
        beyond_first = max(0, song_samples - self.window_samples)
        count = 1 + -(-beyond_first // self.stride_samples)
        stride_ms = 1000 * self.stride_samples / self.grid.sample_rate
        starts_ms = np.float32(np.arange(count) * stride_ms).astype(np.int32)  # the published program's precision
        first, stop = 0, count
        if start_ms is not None:
            first = min(int(np.searchsorted(starts_ms, start_ms - self.decided_ms, side="right")), count - 1)
        if end_ms is not None:
            stop = max(first + 1, int(np.searchsorted(starts_ms, end_ms - self.lookback_ms, side="left")))
        return [
            OriginalWindow(
                index,
                index * self.stride_samples,
                self.window_samples,
                int(starts_ms[index]),
                is_first=index == first,
                is_last=index == stop - 1,
            )
            for index in range(first, stop)
        ]
