"""Events -> a beatmap as the original program makes it.

The native assembly is in `osuT5.encoding`.
"""
