"""Tick head network: sound at the ticks -> logits of objects.

Convolutions read the frames, which are then interpolated at the ticks. The ticks of a beat form a vector. Layers over
beats are shared by all maps of a song; conditions modulate further layers for each map. The network has no access
to earlier objects of a map.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from osu_beatmap.beatmap import GameMode
from osu_beatmap.timing.beat_clock import TICKS_PER_BEAT
from osuT5.model.attention import Rotation, rotation_of
from osuT5.rhythm.conditions import Origin
from osuT5.rhythm.config import RhythmConfig
from osuT5.rhythm.features import BANDS
from osuT5.rhythm.inputs import UNKNOWN_PLACE, ChartInputs, SongInputs
from osuT5.rhythm.layers import BeatLayer

OBJECT_PRIOR_LOGIT = -2.5
"""Initial logit of every tick: about the fraction of ticks with an object."""


class RhythmNetwork(nn.Module):
    """Shared beat vectors of songs, and the tick logits of their maps."""

    def __init__(self, config: RhythmConfig) -> None:
        super().__init__()
        self.config = config
        width, condition = config.width, config.condition_width
        sizes = (width, config.heads, config.feed_forward, config.dropout)
        self.register_buffer("feature_mean", torch.zeros(BANDS))
        self.sound = TickSound(config)
        self.beat_input = nn.Linear(TICKS_PER_BEAT * config.tick_width, width)
        self.shared = nn.ModuleDict({"layers": nn.ModuleList(BeatLayer(*sizes) for _ in range(config.shared_layers))})
        self.shared_norm = nn.LayerNorm(width)
        self.downbeat = nn.Linear(width, 1)
        self.conditions = ConditionEmbedding(config)
        self.chart = nn.ModuleDict(
            {"layers": nn.ModuleList(BeatLayer(*sizes, condition) for _ in range(config.chart_layers))}
        )
        self.head = TickHead(config)

    def forward(self, songs: SongInputs, charts: ChartInputs) -> tuple[Tensor, Tensor]:
        """Return logits of objects [rows, beats, 24] and of downbeats [songs, beats]."""
        ticks, beats = self.encode_songs(songs)
        return self.decode_charts(songs, ticks, beats, charts), self.downbeat_logits(beats)

    def encode_songs(self, songs: SongInputs) -> tuple[Tensor, Tensor]:
        """Return ticks [songs, beats, 24, tick width] and beats [songs, beats, width]."""
        ticks = self.sound(songs.features - self.feature_mean, songs.tick_frames)
        ticks = ticks.unflatten(1, (-1, TICKS_PER_BEAT))
        beats = self.beat_input(ticks.flatten(2))
        rotation = self._rotation(beats)
        for layer in self.shared["layers"]:
            beats = layer(beats, rotation)
        return ticks, beats

    def downbeat_logits(self, beats: Tensor) -> Tensor:
        """Return the logit of a bar line at each beat [songs, beats]."""
        return self.downbeat(self.shared_norm(beats)).squeeze(-1)

    def decode_charts(self, songs: SongInputs, ticks: Tensor, beats: Tensor, charts: ChartInputs) -> Tensor:
        """Return the logits of objects [rows, beats, 24] of maps."""
        conditions = self.conditions(charts, songs)
        beats, rotation = beats.index_select(0, charts.songs), self._rotation(beats)
        for layer in self.chart["layers"]:
            beats = layer(beats, rotation, conditions)
        return self.head(beats, ticks.index_select(0, charts.songs), conditions)

    def _rotation(self, beats: Tensor) -> Rotation:
        positions = torch.arange(beats.shape[1], device=beats.device)
        return rotation_of(positions, self.config.width // self.config.heads, self.config.rotary_theta, beats.dtype)


class TickSound(nn.Module):
    """Three convolutions over frames, read at the ticks."""

    def __init__(self, config: RhythmConfig) -> None:
        super().__init__()
        channels, kernel = config.channels, config.kernel
        self.first = FrameConvolution(BANDS, channels, kernel)
        self.residual = nn.ModuleList(FrameConvolution(channels, channels, kernel) for _ in range(2))
        self.tick_output = nn.Linear(channels, config.tick_width)
        self.dropout = config.dropout

    def forward(self, features: Tensor, tick_frames: Tensor) -> Tensor:
        """Read frames [songs, frames, bands] at tick places [songs, ticks].

        Returns float [songs, ticks, tick width].
        """
        frames = F.relu(self.first(features))  # [songs, frames, channels]
        for convolution in self.residual:
            frames = frames + F.relu(convolution(frames))
        ticks = F.relu(self.tick_output(interpolate_frames(frames, tick_frames)))
        return F.dropout(ticks, self.dropout, self.training)


class FrameConvolution(nn.Conv1d):
    """Convolution over frames, float [songs, frames, channels], channels last."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int) -> None:
        super().__init__(channels_in, channels_out, kernel, padding=kernel // 2)

    def forward(self, frames: Tensor) -> Tensor:
        # Only the two-dimensional convolution has a path without copies for channels last: twice as fast on a CPU.
        image = frames.unsqueeze(1).permute(0, 3, 1, 2)  # [songs, channels in, 1, frames]
        padding = (0, self.padding[0])
        convolved = F.conv2d(image, self.weight.unsqueeze(2), self.bias, padding=padding)
        return convolved.permute(0, 2, 3, 1).squeeze(1)


def interpolate_frames(frames: Tensor, places: Tensor) -> Tensor:
    """Interpolate [songs, frames, channels] at places [songs, ticks], linearly.

    Returns float [songs, ticks, channels].
    """
    songs, count, _ = frames.shape
    low = places.floor().clamp(0, count - 2)
    fraction = (places - low).clamp(0, 1).unsqueeze(-1).to(frames.dtype)
    flat = frames.reshape(songs * count, -1)
    rows = low.long() + count * torch.arange(songs, device=frames.device).unsqueeze(1)
    # The backward pass of an embedding is several times faster on a CPU than that of an index.
    return torch.lerp(F.embedding(rows, flat), F.embedding(rows + 1, flat), fraction)


class ConditionEmbedding(nn.Module):
    """Vector of a map's conditions for each beat."""

    def __init__(self, config: RhythmConfig) -> None:
        super().__init__()
        width = config.condition_width
        self.star_step, self.longest_bar = config.star_step, config.longest_bar
        self.mode = nn.Embedding(len(GameMode), width)
        self.origin = nn.Embedding(len(Origin), width)
        self.stars = nn.Embedding(config.star_count, width)
        self.mode_stars = nn.Embedding(config.star_count * len(GameMode), width)
        self.keys = nn.Embedding(config.key_count + 1, width)
        self.place = nn.Embedding(config.longest_bar + 1, width)  # the last of an unknown place
        self.bar = nn.Embedding(config.longest_bar + 1, width)  # the first of an unknown bar
        self.mix = nn.Linear(width, width)

    def forward(self, charts: ChartInputs, songs: SongInputs) -> Tensor:
        """Return float [rows, beats, condition width]."""
        chart = self.mode(charts.modes) + self.origin(charts.origins)
        chart = chart + self.keys(charts.keys.clamp(0, self.keys.num_embeddings - 1)) + self._star_vector(charts)
        beat = self._place_vector(songs).index_select(0, charts.songs)  # [rows, beats, width]
        return F.silu(self.mix(F.silu(chart.unsqueeze(1) + beat)))

    def _star_vector(self, charts: ChartInputs) -> Tensor:
        """Interpolate between embeddings, one scale for all modes and one for each."""
        count = self.stars.num_embeddings
        scaled = (charts.stars / self.star_step).clamp(0, count - 1)
        low = scaled.long().clamp(0, count - 2)
        fraction = (scaled - low).unsqueeze(-1)
        own = charts.modes * count + low
        lower = self.stars(low) + self.mode_stars(own)
        return torch.lerp(lower, self.stars(low + 1) + self.mode_stars(own + 1), fraction)

    def _place_vector(self, songs: SongInputs) -> Tensor:
        is_known = (songs.places != UNKNOWN_PLACE) & (songs.bar_beats <= self.longest_bar)
        places = torch.where(is_known, songs.places, self.longest_bar)
        return self.place(places) + self.bar(torch.where(is_known, songs.bar_beats, 0))


class TickHead(nn.Module):
    """Logits of ticks from their beat vectors, sound and conditions."""

    def __init__(self, config: RhythmConfig) -> None:
        super().__init__()
        width = config.tick_width
        self.norm = nn.LayerNorm(config.width)
        self.ticks = nn.Linear(config.width, TICKS_PER_BEAT * width)
        self.gate = nn.Linear(config.condition_width, width)
        self.hidden = nn.Linear(width, width)
        self.logit = nn.Linear(width, 1)
        nn.init.constant_(self.logit.bias, OBJECT_PRIOR_LOGIT)

    def forward(self, beats: Tensor, ticks: Tensor, conditions: Tensor) -> Tensor:
        """Return logits [rows, beats, 24].

        Args:
            beats: Beat vectors, float [rows, beats, width].
            ticks: Sound of ticks, float [rows, beats, 24, tick width].
            conditions: float [rows, beats, condition width].
        """
        from_beat = self.ticks(self.norm(beats)).unflatten(-1, (TICKS_PER_BEAT, -1))
        gate = 1 + self.gate(conditions).unsqueeze(2)
        states = F.relu(from_beat + ticks * gate)
        return self.logit(F.relu(self.hidden(states))).squeeze(-1)
