"""Checks of many .osu files: reading, writing, rules and slider ends.

Measurements of models are outside, in `benchmarks`.
"""
