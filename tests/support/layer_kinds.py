"""Kinds of layers that a network can have, by what `tiny_model` is given for them."""

LAYER_KINDS = {
    "whisper": {},
    "rotary": {"layer_kind": "rotary"},
    "rotary_fused": {"layer_kind": "rotary_fused"},
    "every second layer local": {
        "layer_kind": "rotary_fused",
        "global_attention_every": 2,
        "local_attention": 6,
        "local_rope_theta": 100.0,
    },
}

DECODER_KINDS = {
    **LAYER_KINDS,
    "without a pointer": {"pointer": False, "frame_heads": ()},
    "onsets of a chart": {"chart_onset_dim": 8},
}
