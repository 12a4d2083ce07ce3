"""Rules on the next token: grammar, times, ratios.

Sampling is in `osuT5.generation.sampling`.
"""
