"""Files of weights that others made, read without trusting them, and the hub that they come from.

Knows nothing about maps or networks: `osuT5` and `osu_diffusion` alike load their published models through it.
"""
