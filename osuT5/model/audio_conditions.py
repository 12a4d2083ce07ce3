"""Conditions that V30 and V31 add to the audio at every frame.

They are difficulty, mapper, and position in the song.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from osuT5.model.config import ModelConfig


PUBLISHED_SWITCHES = {
    "difficulty": "do_difficulty_embed",
    "mapper": "do_mapper_embed",
    "song_position": "do_song_position_embed",
}
"""Conditions in the order in which they stand beside a frame, and what switches them on in a published config."""

DEFAULT_DIFFICULTY_STARS = 5.0
"""Difficulty of a request without one."""

MAX_DIFFICULTY_STARS = 10.0
DIFFICULTY_BASES = 8
BASIS_WIDTH = 0.1
POSITION_BASES = 10
DROPOUT = 0.1
NO_MAPPER = -1


@dataclass(frozen=True, slots=True)
class AudioConditionValues:
    """Conditions of each window.

    Attributes:
        difficulty: Stars [windows].
        mapper: Class of the mapper, NO_MAPPER for any [windows].
        song_span: Start and end of the window as fractions of the song [windows, 2].
    """

    difficulty: Tensor
    mapper: Tensor
    song_span: Tensor

    @classmethod
    def of(
        cls,
        window_starts_ms: list[float],
        window_ms: float,
        song_ms: float,
        difficulty: float | None,
        mapper: int | None,
    ) -> AudioConditionValues:
        """Return the same difficulty and mapper for windows of a song."""
        starts = torch.tensor(window_starts_ms, dtype=torch.float64)
        count = len(window_starts_ms)
        stars = DEFAULT_DIFFICULTY_STARS if difficulty is None else difficulty
        return cls(
            torch.full((count,), stars, dtype=torch.float32),
            torch.full((count,), NO_MAPPER if mapper is None else mapper, dtype=torch.long),
            torch.stack([starts / song_ms, (starts + window_ms) / song_ms], dim=1).float(),
        )

    def to(self, device: torch.device) -> AudioConditionValues:
        return AudioConditionValues(self.difficulty.to(device), self.mapper.to(device), self.song_span.to(device))


class BasisEmbedding(nn.Module):
    """Embedding of numbers in 0..1 by learned Gaussian bumps.

    Their places and widths are learned.
    """

    def __init__(self, numbers: int, bases: int, hidden: int, size: int) -> None:
        super().__init__()
        self.basis_centers = nn.Parameter(torch.linspace(0, 1, bases))
        self.basis_widths = nn.Parameter(torch.full((bases,), BASIS_WIDTH))
        self.layers = nn.Sequential(
            nn.Linear(numbers * bases, hidden),
            nn.LayerNorm(hidden),
            nn.ReLU(),
            nn.Dropout(DROPOUT),
            nn.Linear(hidden, size),
            nn.LayerNorm(size),
        )

    def forward(self, values: Tensor) -> Tensor:
        """Embed values [windows, numbers] as [windows, size]."""
        offsets = (values[..., None] - self.basis_centers) / self.basis_widths  # [windows, numbers, bases]
        return self.layers(torch.exp(-offsets.square() / 2).flatten(1))


class MapperEmbedding(nn.Module):
    """Embedding of a mapper's class; the last row is any mapper."""

    def __init__(self, mappers: int, size: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(mappers + 1, size)
        self.layer_norm = nn.LayerNorm(size)
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, classes: Tensor) -> Tensor:
        """Embed classes [windows] as [windows, size].

        A number outside the table stands for no particular mapper.
        """
        last = self.embedding.num_embeddings - 1
        known = (classes >= 0) & (classes < last)
        rows = torch.where(known, classes, torch.full_like(classes, last))
        return self.layer_norm(self.dropout(self.embedding(rows)))


class AudioConditions(nn.Module):
    """Layer that widens mel frames by the embeddings of conditions.

    A config names the conditions.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        size, names = config.condition_dim, config.audio_conditions
        self.difficulty = BasisEmbedding(1, DIFFICULTY_BASES, size, size) if "difficulty" in names else None
        self.mapper = MapperEmbedding(config.mapper_count, size) if "mapper" in names else None
        self.song_position = BasisEmbedding(2, POSITION_BASES, 2 * size, size) if "song_position" in names else None

    def forward(self, mel: Tensor, values: AudioConditionValues) -> Tensor:
        """Widen mel frames [windows, frames, n_mels] by the conditions.

        Each condition adds `condition_dim` channels.
        """
        parts = []
        dtype = mel.dtype
        if self.difficulty is not None:
            parts.append(self.difficulty((values.difficulty / MAX_DIFFICULTY_STARS).to(dtype)[:, None]))
        if self.mapper is not None:
            parts.append(self.mapper(values.mapper))
        if self.song_position is not None:
            parts.append(self.song_position(values.song_span.to(dtype)))
        beside = torch.cat(parts, dim=-1)[:, None].expand(-1, mel.shape[1], -1)  # [windows, frames, sum of sizes]
        return torch.cat([mel, beside], dim=-1)
