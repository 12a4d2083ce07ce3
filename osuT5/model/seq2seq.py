"""Audio-to-token network: encode audio, score tokens, decode step by step."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers import initialization as init
from transformers.utils import ModelOutput

from osuT5.model.attention import SelfAttentionInput, causal_mask
from osuT5.model.audio_conditions import BASIS_WIDTH, AudioConditions, AudioConditionValues, BasisEmbedding
from osuT5.model.chart_onsets import ChartOnsets, Correction
from osuT5.model.config import ModelConfig
from osuT5.model.frame_channels import MODE_CHANNELS
from osuT5.model.frame_heads import FrameHeads
from osuT5.model.pointer import ONSET_SCALE_START, TimeKeys, TimePointer, token_audio_ms
from osuT5.model.whisper import Decoder, Encoder, SinusoidalPositions, sinusoids
from osuT5.tokens.vocabulary import IGNORED_LABEL


@dataclass
class MapperOutput(ModelOutput):
    """loss: mean cross entropy of the labelled tokens; None without labels.
    logits: [rows, tokens, vocab_size_out]; None with labels, where only labelled positions are scored.
    label_logits: [labelled tokens, vocab_size_out], in reading order of `labels != IGNORED_LABEL`.
    frame_logits: [windows, sub-frames, channels]; None without frame heads.
    onset_logits: of the row's chart [rows, sub-frames]; None without a head for them.
    encoder_states: [windows, positions, d]
    """

    loss: Tensor | None = None
    logits: Tensor | None = None
    label_logits: Tensor | None = None
    frame_logits: Tensor | None = None
    onset_logits: Tensor | None = None
    encoder_states: Tensor | None = None


class MapperModel(PreTrainedModel):
    """Spectrogram frames and decoder tokens in, token logits and frame logits out."""

    config_class = ModelConfig
    base_model_prefix = "mapper"
    main_input_name = "mel"

    row_decoder = None
    """A `RowDecoder`, which is faster than `step`, where the model was made ready to generate on a CPU."""

    graphed_steps = None
    """`GraphedSteps`, where it was made ready on a GPU whose steps can be captured (see `generating`)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self.audio_conditions = AudioConditions(config) if config.audio_conditions else None
        self.encoder_embedder = nn.Linear(config.audio_width, config.d_model) if config.input_projection else None
        self.encoder = Encoder(config)
        self.frame_heads = FrameHeads(config) if config.frame_heads else None
        self.decoder_embedder = nn.Embedding(config.vocab_size_in, config.d_model)
        self.decoder = Decoder(config)
        self.pointer = TimePointer(config) if config.uses_pointer else None
        self.chart_onsets = ChartOnsets(config) if config.chart_onset_dim else None
        self.proj_out = nn.Linear(config.d_model, config.vocab_size_out, bias=False)
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, SinusoidalPositions):
            init.copy_(module.weight, sinusoids(torch.arange(module.num_embeddings), module.embedding_dim))
        elif isinstance(module, Correction):
            init.zeros_(module.weight)
            init.zeros_(module.bias)
        elif isinstance(module, nn.Linear | nn.Conv1d | nn.Embedding):
            init.normal_(module.weight, std=self.config.init_std)
            if getattr(module, "bias", None) is not None:
                init.zeros_(module.bias)
        elif isinstance(module, nn.LayerNorm):
            init.ones_(module.weight)
            init.zeros_(module.bias)
        elif isinstance(module, nn.RMSNorm):
            init.ones_(module.weight)
        elif isinstance(module, BasisEmbedding):
            init.copy_(module.basis_centers, torch.linspace(0, 1, len(module.basis_centers)))
            init.constant_(module.basis_widths, BASIS_WIDTH)
        elif isinstance(module, TimePointer):
            init.constant_(module.onset_scale, ONSET_SCALE_START)

    def encode(self, mel: Tensor, conditions: AudioConditionValues | None = None) -> Tensor:
        """Encode mel frames [windows, frames, n_mels].

        Returns states [windows, positions, d]. Models with audio conditions (V30, V31) need `conditions`; such states
        belong to one chart.
        """
        features = mel
        if self.audio_conditions is not None:
            if conditions is None:
                raise ValueError("this model needs difficulty, mapper and place in the song to encode audio")
            features = self.audio_conditions(mel, conditions)
        return self.encoder(features if self.encoder_embedder is None else self.encoder_embedder(features))

    def frame_logits(self, encoder_states: Tensor) -> Tensor | None:
        """Return frame logits of encoder states [windows, sub-frames, channels].

        Channels are as in `config.frame_heads`.
        """
        return None if self.frame_heads is None else self.frame_heads(encoder_states)

    def forward(
        self,
        mel: Tensor | None = None,
        decoder_input_ids: Tensor | None = None,
        decoder_attention_mask: Tensor | None = None,
        *,
        encoder_states: Tensor | None = None,
        row_window: Tensor | None = None,
        mode_ids: Tensor | None = None,
        labels: Tensor | None = None,
        sees_ahead: bool = False,
    ) -> MapperOutput:
        """Score every token given those before it (teacher forcing).

        mel: [windows, frames, n_mels], or encoder_states from `encode`
        decoder_input_ids: [rows, tokens]; decoder_attention_mask: False where a token is padding, left or right
        row_window: the window of each decoder row [rows], so that charts of one window share its encoding;
            None if row i belongs to window i
        mode_ids: game mode of each row [rows], needed by the pointer
        labels: [rows, tokens], the token that FOLLOWS each input token, IGNORED_LABEL where nothing is asked
        sees_ahead: tokens look at those after them too, where no row is padded. The original program scores V32 so
            when it has no cache (as in its review of maps), which is no use but for comparison
        """
        states = self.encode(mel) if encoder_states is None else encoder_states
        frame_logits = self.frame_logits(states)
        tokens = _self_attention_input(decoder_input_ids, decoder_attention_mask, sees_ahead)
        cross = self.decoder.cross_keys_values(states, row_window)
        decoded = self.decoder(self.decoder_embedder(decoder_input_ids), tokens, cross)  # [rows, tokens, d]
        onset_logits = self._onset_logits(states, frame_logits, mode_ids, row_window, decoder_input_ids)
        time_keys = self._time_keys(states, row_window, onset_logits)
        output = MapperOutput(frame_logits=frame_logits, encoder_states=states)
        output.onset_logits = None if self.chart_onsets is None else onset_logits
        if labels is None:
            output.logits = self._logits(decoded, time_keys)
            return output
        # Prompts carry no labels: scoring only labelled positions saves much of the output layer.
        asked = (labels.flatten() != IGNORED_LABEL).nonzero().squeeze(1)
        output.label_logits = self._logits(decoded, time_keys, asked)
        output.loss = token_loss(output.label_logits, labels.flatten()[asked])
        return output

    def time_keys(
        self, states: Tensor, row_window: Tensor | None, mode_ids: Tensor | None, prompt_ids: Tensor | None
    ) -> TimeKeys | None:
        """Return the pointer's targets of each row; None without a pointer.

        Args:
            states: Encoder states [windows, positions, d].
            row_window: Window of each row [rows]; None if row i belongs to window i.
            mode_ids: Game mode of each row [rows].
            prompt_ids: Beginning of each row [rows, n]; its conditions are needed by the onsets of a chart.
        """
        if self.pointer is None:
            return None
        onset_logits = self._onset_logits(states, self.frame_logits(states), mode_ids, row_window, prompt_ids)
        return self._time_keys(states, row_window, onset_logits)

    @torch.no_grad()
    def init_time_embeddings(self, scale: float = 0.5) -> None:
        """Initialise each time token's embedding by its time's position embedding.

        It is the encoder's position embedding.

        The decoder can then find the audio of a time by similarity from the first step on.
        """
        config = self.config
        positions = token_audio_ms(config, self.device) / config.ms_per_position
        span = slice(config.time_token_start, config.time_token_start + config.time_token_count)
        self.decoder_embedder.weight[span] = scale * sinusoids(positions, config.d_model)

    def get_input_embeddings(self) -> nn.Module:
        return self.decoder_embedder

    def get_output_embeddings(self) -> nn.Module:
        return self.proj_out

    def _time_keys(self, states: Tensor, row_window: Tensor | None, onset_logits: Tensor | None) -> TimeKeys | None:
        if self.pointer is None:
            return None
        return self.pointer.time_keys(states, _windows_of_rows(states, row_window), onset_logits)

    def _onset_logits(
        self,
        states: Tensor,
        frame_logits: Tensor | None,
        mode_ids: Tensor | None,
        row_window: Tensor | None,
        ids: Tensor | None,
    ) -> Tensor | None:
        """Return onset logits of each decoder row [rows, sub-frames].

        They are those of its chart if there is such a head, else of its mode.
        """
        if self.pointer is None:
            return None
        if mode_ids is None:
            raise ValueError("a model with a pointer needs the game mode of each row (mode_ids)")
        row_window = _windows_of_rows(states, row_window)
        channels = [self.config.frame_heads.index(name) for name in MODE_CHANNELS]
        onsets = frame_logits[:, :, channels][row_window, :, mode_ids]
        if self.chart_onsets is None:
            return onsets
        if ids is None:
            raise ValueError("a model with onsets of charts needs the conditions of each row (prompt_ids)")
        return self.chart_onsets(states, row_window, self._conditions(ids), onsets.detach())

    def _conditions(self, ids: Tensor) -> Tensor:
        """Return the embedded conditions in ids [rows, n], summed [rows, d].

        Conditions are the tokens that are never decoded. Those of a guest difficulty come before the chart's own.
        """
        is_condition = ids >= self.config.vocab_size_out
        begins = is_condition & ~F.pad(is_condition[:, :-1], (1, 0))
        run = begins.cumsum(1)
        is_own = is_condition & (run == run[:, -1:])
        return (self.decoder_embedder(ids) * is_own.unsqueeze(-1)).sum(1)

    def _logits(self, decoded: Tensor, time_keys: TimeKeys | None, positions: Tensor | None = None) -> Tensor:
        """Return logits of decoder states [rows, tokens, d].

        They are of all tokens, or of the flat indices `positions` [n, vocab].
        """
        pointed = None if self.pointer is None else self.pointer(decoded, time_keys)  # [rows, tokens, time tokens]
        if positions is not None:
            decoded = decoded.flatten(0, 1).index_select(0, positions)
            pointed = None if pointed is None else pointed.flatten(0, 1).index_select(0, positions)
        logits = self.proj_out(decoded)
        if pointed is None:
            return logits
        before = self.config.time_token_start
        after = logits.shape[-1] - before - pointed.shape[-1]
        return logits + F.pad(pointed, (before, after))  # cheaper to train than adding to a slice in place


def token_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the mean cross entropy of logits [n, vocab].

    Labels are [n]; the result is 0 if there are none.
    """
    return F.cross_entropy(logits, labels, reduction="sum") / max(1, len(labels))


def _windows_of_rows(states: Tensor, row_window: Tensor | None) -> Tensor:
    return torch.arange(len(states), device=states.device) if row_window is None else row_window


def _self_attention_input(ids: Tensor, mask: Tensor | None, sees_ahead: bool) -> SelfAttentionInput:
    """Return the tokens' input of self-attention.

    Padding on the right needs no mask: causal attention never reaches it, and its results are not used.
    """
    token_count = ids.shape[1]
    if mask is None or _is_padded_right(mask.bool()):
        is_causal = not sees_ahead or (mask is not None and not bool(mask.all()))
        return SelfAttentionInput(torch.arange(token_count, device=ids.device), is_causal=is_causal)
    visible = mask.bool()
    positions = (visible.cumsum(1) - 1).clamp(min=0)
    return SelfAttentionInput(positions, causal_mask(visible, token_count))


def _is_padded_right(visible: Tensor) -> bool:
    return bool((visible[:, 1:] <= visible[:, :-1]).all())
