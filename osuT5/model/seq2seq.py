"""The audio-to-token network as one model: encode audio, score decoder tokens, decode step by step."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers import initialization as init

from osuT5.model.config import ModelConfig
from osuT5.model.frame_heads import FrameHeads
from osuT5.model.whisper import Decoder, Encoder, SinusoidalPositions, sinusoids


class MapperModel(PreTrainedModel):
    """Spectrogram frames and decoder tokens in, token logits and frame logits out."""

    config_class = ModelConfig
    base_model_prefix = "mapper"
    main_input_name = "mel"

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self.encoder_embedder = nn.Linear(config.n_mels, config.d_model) if config.input_projection else None
        self.encoder = Encoder(config)
        self.frame_heads = FrameHeads(config) if config.frame_heads else None
        self.decoder_embedder = nn.Embedding(config.vocab_size_in, config.d_model)
        self.decoder = Decoder(config)
        self.proj_out = nn.Linear(config.d_model, config.vocab_size_out, bias=False)
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, SinusoidalPositions):
            init.copy_(module.weight, sinusoids(torch.arange(module.num_embeddings), module.embedding_dim))
        elif isinstance(module, nn.Linear | nn.Conv1d | nn.Embedding):
            init.normal_(module.weight, std=self.config.init_std)
            if getattr(module, "bias", None) is not None:
                init.zeros_(module.bias)
        elif isinstance(module, nn.LayerNorm):
            init.ones_(module.weight)
            init.zeros_(module.bias)

    def encode(self, mel: Tensor) -> Tensor:
        """mel: [windows, frames, n_mels] -> encoder states [windows, positions, d]"""
        features = mel if self.encoder_embedder is None else self.encoder_embedder(mel)
        return self.encoder(features)

    def frame_logits(self, encoder_states: Tensor) -> Tensor | None:
        """Encoder states -> [windows, sub-frames, channels], channels as in `config.frame_heads`."""
        return None if self.frame_heads is None else self.frame_heads(encoder_states)
