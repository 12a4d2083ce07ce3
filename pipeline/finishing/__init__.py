"""Repairs until a draft breaks no rule, one a module.

The rules are in `osu_beatmap.rules`.
"""
