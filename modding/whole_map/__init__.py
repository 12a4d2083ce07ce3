"""The map as a whole: its profile next to human-made maps of its level.

Single places are observed in `modding.observation`.
"""
