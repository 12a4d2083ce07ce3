"""Checks of many .osu files: reading, writing, rules and encoding.

Measurements of models are outside, in `benchmarks`.
"""
