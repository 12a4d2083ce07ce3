"""Network of a classifier: a frozen reader and a small head.

The reader is the lower part of a seq2seq model.

    excerpt -> states of its tokens -> summary (what they have in common) -> features -> a logit for each mapper

Only the head is trained: summaries of all excerpts are computed once.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from osuT5.model.attention import SelfAttentionInput
from osuT5.model.config import ModelConfig
from osuT5.model.seq2seq import MapperModel
from osuT5.model.whisper import Decoder, Encoder


@dataclass(frozen=True, slots=True)
class HeadConfig:
    """`width`: length of the feature vectors."""

    mapper_count: int
    width: int = 64
    dropout: float = 0.5


@dataclass(frozen=True, slots=True)
class ExcerptBatch:
    """Excerpts as a network reads them.

    mel: [windows, frames, mels]; row_window: the window of each row [rows]
    ids: [rows, tokens], padded on the right; is_map [rows, tokens]: the tokens that a summary is made of
    """

    mel: Tensor
    ids: Tensor
    is_map: Tensor
    row_window: Tensor

    def to(self, device: torch.device | str) -> ExcerptBatch:
        return ExcerptBatch(*(getattr(self, name).to(device) for name in self.__dataclass_fields__))


class ExcerptReader(nn.Module):
    """Encoder of a seq2seq model, and its first decoder layers."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder_embedder = nn.Linear(config.audio_width, config.d_model) if config.input_projection else None
        self.encoder = Encoder(config)
        self.decoder_embedder = nn.Embedding(config.vocab_size_in, config.d_model)
        self.decoder = Decoder(config)

    @classmethod
    def of(cls, model: MapperModel | ExcerptReader, decoder_layers: int) -> ExcerptReader:
        """Return the lower part of a trained model or of another reader."""
        config = copy.copy(model.config)
        config.decoder_layers = min(decoder_layers, config.decoder_layers)
        reader = cls(config)
        kept = reader.state_dict()
        reader.load_state_dict({name: weight for name, weight in model.state_dict().items() if name in kept})
        return reader

    @property
    def summary_size(self) -> int:
        return 2 * self.config.d_model

    def forward(self, batch: ExcerptBatch) -> Tensor:
        """Return the mean and spread of the map's token states.

        The result is [rows, summary_size].
        """
        mel = batch.mel if self.encoder_embedder is None else self.encoder_embedder(batch.mel)
        cross = self.decoder.cross_keys_values(self.encoder(mel), batch.row_window)
        tokens = SelfAttentionInput(torch.arange(batch.ids.shape[1], device=batch.ids.device), is_causal=True)
        states = self.decoder(self.decoder_embedder(batch.ids), tokens, cross)  # [rows, tokens, d]
        return _statistics(states.float(), batch.is_map)


class MapperClassifier(nn.Module):
    """Classifier of mappers.

    `centre` and `scale` [summary_size] are those of the summaries that the head was trained on.
    """

    def __init__(self, reader: ExcerptReader, head: HeadConfig) -> None:
        super().__init__()
        self.reader, self.head = reader, head
        self.centre = nn.Parameter(torch.zeros(reader.summary_size), requires_grad=False)
        self.scale = nn.Parameter(torch.ones(reader.summary_size), requires_grad=False)
        self.expand = nn.Linear(reader.summary_size, head.width)
        self.out = nn.Linear(head.width, head.mapper_count)

    def features(self, summaries: Tensor) -> Tensor:
        """Return the features of mappers [rows, width].

        Args:
            summaries: Summaries by the reader [rows, summary_size].
        """
        x = (summaries - self.centre) / self.scale
        x = F.dropout(x, self.head.dropout, self.training)
        return F.gelu(self.expand(x))

    def forward(self, summaries: Tensor) -> Tensor:
        """Return logits [rows, mapper_count]."""
        return self.out(F.dropout(self.features(summaries), self.head.dropout, self.training))


def _statistics(states: Tensor, counted: Tensor) -> Tensor:
    """Return mean and spread of counted states, [rows, 2 d].

    States are [rows, tokens, d]; a row without any has a mean of 0.
    """
    mask = counted[..., None].to(states.dtype)
    count = mask.sum(1).clamp(min=1.0)
    mean = (states * mask).sum(1) / count
    spread = (((states - mean[:, None]) ** 2 * mask).sum(1) / count).clamp(min=1e-8).sqrt()
    return torch.cat([mean, spread], dim=1)
