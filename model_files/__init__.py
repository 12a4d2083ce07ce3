"""Weight files of foreign origin, read safely, and downloads from the hub.

Maps and networks are outside; `osuT5` and `osu_diffusion` load published checkpoints through it.
"""
