"""Pointer term: scores a time token by the audio at its time.

    time logit(t) += q(decoder state) . k(audio at t) / sqrt(dk) + scale * onset logit of the row(audio at t)

Without it the decoder has to carry a time from the encoder through its residual stream to the output layer, which takes
far longer to learn. The audio's keys stand on sub-frames; they are interpolated to the grid of the time tokens once per
window, so a decoding step costs one small product.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from osuT5.model.frame_heads import split_subframes

if TYPE_CHECKING:
    from osuT5.model.config import ModelConfig


@dataclass(frozen=True, slots=True)
class TimeKeys:
    """Targets of the pointer for each decoder row.

    keys: [rows, time tokens, dk]; onsets: logits [rows, time tokens]
    """

    keys: Tensor
    onsets: Tensor


class TimePointer(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.query = nn.Linear(config.d_model, config.pointer_dim)
        self.key = nn.Linear(config.d_model, config.frame_subdivisions * config.pointer_dim)
        self.onset_scale = nn.Parameter(torch.tensor(ONSET_SCALE_START))

    def time_keys(self, encoder_states: Tensor, row_window: Tensor, onset_logits: Tensor) -> TimeKeys:
        """Return the keys and the onset evidence for each decoder row.

        encoder_states: [windows, positions, d]; row_window: window of each row [rows]
        onset_logits: of each row [rows, sub-frames]
        """
        # Onsets are evidence here, not something that token losses should bend: hence detach.
        keys = split_subframes(self.key(encoder_states), self.config.frame_subdivisions)
        keys = self._interpolate_at_tokens(keys).index_select(0, row_window)  # [rows, time tokens, dk]
        onsets = self._interpolate_at_tokens(onset_logits.detach()[:, :, None]).squeeze(-1)  # [rows, time tokens]
        return TimeKeys(keys, onsets)

    def forward(self, decoder_states: Tensor, time_keys: TimeKeys) -> Tensor:
        """Return the additions to time logits [rows, tokens, time tokens].

        Decoder states are [rows, tokens, d].
        """
        queries = self.query(decoder_states) * self.config.pointer_dim**-0.5
        onsets = self.onset_scale * time_keys.onsets[:, None]  # [rows, 1, time tokens]
        return torch.baddbmm(onsets, queries, time_keys.keys.transpose(1, 2))

    def _interpolate_at_tokens(self, subframes: Tensor) -> Tensor:
        """Interpolate sub-frames linearly at the times of tokens.

        [windows, sub-frames, n] becomes [windows, time tokens, n]. The last sub-frame holds beyond its time.
        """
        times = token_audio_ms(self.config, subframes.device) / self.config.ms_per_subframe
        times = times.clamp(0, subframes.shape[1] - 1)
        before = times.floor().long()
        after = (before + 1).clamp(max=subframes.shape[1] - 1)
        share_after = (times - before)[:, None].to(subframes.dtype)
        return torch.lerp(subframes.index_select(1, before), subframes.index_select(1, after), share_after)


ONSET_SCALE_START = 0.5


def token_audio_ms(config: ModelConfig, device: torch.device | None = None) -> Tensor:
    """Return the expected audio time of each time token, in ms.

    It is from the start of a window [time tokens].
    """
    steps = torch.arange(config.time_token_count, device=device, dtype=torch.float32)
    return (steps + 0.5) * config.time_step_ms + config.audio_lead_ms
