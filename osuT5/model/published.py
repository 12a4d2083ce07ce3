"""How published V28/V29 checkpoints name what this package names.

published                                        here
transformer.model.encoder.*, .decoder.*          encoder.*, decoder.*
transformer.proj_out.weight                      proj_out.weight
encoder_embedder.*, decoder_embedder.weight      the same
spectrogram.*, loss_fn.weight,
transformer.model.decoder.embed_tokens.weight    dropped: derived from the config, or never used
"""

from __future__ import annotations

from torch import Tensor

from osuT5.model.config import ModelConfig
from osuT5.model.spectrogram import SpectrogramSpec

_PREFIXES = (("transformer.model.", ""), ("transformer.", ""))
_DROPPED = ("spectrogram.", "loss_fn.", "transformer.model.decoder.embed_tokens.")


def rename_key(key: str) -> str | None:
    """Our name of a published parameter, or None where we have no use for it."""
    if key.startswith(_DROPPED):
        return None
    for prefix, replacement in _PREFIXES:
        if key.startswith(prefix):
            return replacement + key.removeprefix(prefix)
    return key


def rename_state_dict(state: dict[str, Tensor]) -> dict[str, Tensor]:
    renamed = {rename_key(key): tensor for key, tensor in state.items()}
    renamed.pop(None, None)
    return renamed


def model_config(published: dict) -> ModelConfig:
    """The config.json of a V28 or V29 checkpoint -> ours. Raises ValueError for a backbone of another kind."""
    backbone = published["backbone_config"]
    if not published["backbone_model_name"].startswith("openai/whisper"):
        raise ValueError(f"checkpoints with the backbone {published['backbone_model_name']} are not supported yet")
    return ModelConfig(
        d_model=backbone["d_model"],
        encoder_layers=backbone["encoder_layers"],
        decoder_layers=backbone["decoder_layers"],
        encoder_heads=backbone["encoder_attention_heads"],
        decoder_heads=backbone["decoder_attention_heads"],
        encoder_ffn_dim=backbone["encoder_ffn_dim"],
        decoder_ffn_dim=backbone["decoder_ffn_dim"],
        dropout=backbone["dropout"],
        init_std=backbone["init_std"],
        n_mels=published["n_mels"],
        input_projection=published["project_encoder_input"],
        conv_strides=(1, 2),
        conv_kernels=(3, 3),
        max_source_positions=backbone["max_source_positions"],
        max_target_positions=backbone["max_target_positions"],
        ms_per_frame=spectrogram_spec(published).ms_per_frame,
        vocab_size_in=published["vocab_size_in"],
        vocab_size_out=published["vocab_size"],
        frame_heads=(),
        pointer=False,
        pad_token_id=published["pad_token_id"],
        bos_token_id=published["bos_token_id"],
        eos_token_id=published["eos_token_id"],
    )


def spectrogram_spec(published: dict) -> SpectrogramSpec:
    """The spectrogram that a published config describes: nnAudio's is Slaney's, torchaudio's is HTK's, log1p(power)."""
    return SpectrogramSpec(
        sample_rate=published["sample_rate"],
        n_fft=published["n_fft"],
        hop_length=published["hop_length"],
        n_mels=published["n_mels"],
        f_min=published["f_min"],
        f_max=published["f_max"],
        scale="log1p" if published["spectrogram_log_scale"] else "linear",
        gain=1.0,
        filter_bank="slaney" if published["spectrogram_implementation"] == "nnAudio" else "htk",
        pad_mode=published["pad_mode"],
    )
