"""Sequence model: audio -> event tokens, its vocabulary, training and generation.

Positions are refined in `osu_diffusion`, maps are finished in `pipeline`.
"""
