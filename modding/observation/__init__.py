"""Observations about a map, from tokens, audio and timing.

Their wording is in `modding.report`, their fixes are in `modding.fixes`.
"""
