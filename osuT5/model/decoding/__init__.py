"""Fast decoding of one token at a time, on CPU and GPU.

The network itself is in `osuT5.model`.
"""
