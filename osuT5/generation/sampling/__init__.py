"""Choice of a token from logits, on host and device.

Rules are in `osuT5.generation.rules`.
"""
