"""Stages of the bundled model: rhythm, objects and styles of a map.

The networks are in `osuT5.beats`, `osuT5.rhythm` and `osuT5.objects`.
"""
