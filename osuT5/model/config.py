"""Sizes and switches of the network, stored as config.json beside the weights."""

from __future__ import annotations

from math import prod

from transformers import PretrainedConfig

from osuT5.model.frame_channels import FRAME_CHANNELS, MODE_CHANNELS


class ModelConfig(PretrainedConfig):
    """Configuration of a network; the defaults are the bundled `mini` model.

    Vocabulary sizes and the time-token range come from the vocabulary.

    layer_kind          which layers, a key of `whisper.LAYER_STYLES`: 'whisper' (V28, V29), 'rotary' (V30, V31) or
                        'rotary_fused' (V32)
    attention_bias      whether fused attention has biases
    rope_theta, local_rope_theta  longest wavelength of rotary positions / 2 pi, for global and for local layers
    global_attention_every, local_attention  layers whose number is not a multiple of the first look only
                        local_attention / 2 positions to either side; 1: all look everywhere
    audio_conditions    conditions beside every frame of the audio (V30, V31), see `audio_conditions`
    condition_dim, mapper_count   width of each of them, and number of mappers in the table
    conv_strides        of the two convolutions before the encoder: (1, 2) in Whisper, (2, 2) in `mini`
    conv_kernels        their widths in frames
    input_projection    a linear layer n_mels -> d_model before the convolutions (V29)
    max_source_positions  encoder positions of one window; max_target_positions: longest decoder sequence
    ms_per_frame        distance of two spectrogram frames
    frame_heads         channels that are predicted per sub-frame of the audio; empty: no such heads
    frame_subdivisions  sub-frames per encoder position; sub-frame k is centred at k * ms_per_subframe
    pointer             let time-token logits look at the audio at their own time (see `pointer`)
    chart_onset_dim     width of the head that finds the onsets of one chart (see `chart_onsets`); the pointer then
                        reads those instead of the onsets of the chart's mode; 0: no such head
    audio_lead_ms       how much later than the time of an object its sound is found in the audio
    time_token_start, time_token_count   ids of the time tokens, in the input and the output vocabulary alike;
                        token t covers window times [t * time_step_ms, (t + 1) * time_step_ms)
    """

    model_type = "osu_mapper"

    layer_kind: str = "whisper"
    d_model: int = 192
    encoder_layers: int = 4
    decoder_layers: int = 4
    encoder_heads: int = 4
    decoder_heads: int = 4
    encoder_ffn_dim: int = 768
    decoder_ffn_dim: int = 768
    dropout: float = 0.0
    init_std: float = 0.02

    attention_bias: bool = True
    rope_theta: float = 10_000.0
    local_rope_theta: float = 10_000.0
    local_attention: int = 128
    global_attention_every: int = 1

    audio_conditions: tuple[str, ...] | list[str] = ()
    condition_dim: int = 128
    mapper_count: int = 0

    n_mels: int = 64
    input_projection: bool = False
    conv_strides: tuple[int, int] | list[int] = (2, 2)
    conv_kernels: tuple[int, int] | list[int] = (5, 5)
    max_source_positions: int = 256
    max_target_positions: int = 1024
    ms_per_frame: float = 8.0

    vocab_size_in: int = 2048
    vocab_size_out: int = 2048
    time_token_start: int = 0
    time_token_count: int = 0
    time_step_ms: float = 10.0

    frame_heads: tuple[str, ...] | list[str] = FRAME_CHANNELS
    frame_subdivisions: int = 4
    pointer: bool = True
    pointer_dim: int = 64
    chart_onset_dim: int = 0
    audio_lead_ms: float = 25.0

    pad_token_id: int | None = 0
    bos_token_id: int | None = 1
    eos_token_id: int | None = 2
    is_encoder_decoder: bool = True
    tie_word_embeddings: bool = False

    def __post_init__(self, **kwargs) -> None:
        self.conv_strides = tuple(self.conv_strides)
        self.conv_kernels = tuple(self.conv_kernels)
        self.frame_heads = tuple(self.frame_heads)
        self.audio_conditions = tuple(self.audio_conditions)
        super().__post_init__(**kwargs)
        for side in ("encoder", "decoder"):
            heads = getattr(self, f"{side}_heads")
            if self.d_model % heads:
                raise ValueError(f"d_model {self.d_model} must be a multiple of {side}_heads {heads}")
        last_time_token = self.time_token_start + self.time_token_count
        if last_time_token > min(self.vocab_size_in, self.vocab_size_out):
            raise ValueError(f"the time tokens end at {last_time_token}, outside the vocabulary")
        if self.pointer and self.time_token_count and not set(MODE_CHANNELS) <= set(self.frame_heads):
            raise ValueError(f"the pointer needs the frame heads {', '.join(MODE_CHANNELS)}")
        if self.chart_onset_dim and not self.uses_pointer:
            raise ValueError("the onsets of a chart (chart_onset_dim) are read by the pointer, which this model lacks")

    @property
    def audio_width(self) -> int:
        """Channels of a frame: mel bands, and the conditions beside them."""
        return self.n_mels + len(self.audio_conditions) * self.condition_dim

    @property
    def frames_per_position(self) -> int:
        return prod(self.conv_strides)

    @property
    def ms_per_position(self) -> float:
        return self.ms_per_frame * self.frames_per_position

    @property
    def ms_per_subframe(self) -> float:
        return self.ms_per_position / self.frame_subdivisions

    @property
    def uses_pointer(self) -> bool:
        return self.pointer and self.time_token_count > 0
