"""Repairs until a map has its requested star rating and ratios.

Generating the maps that are tried is outside, in `pipeline.generation`.
"""
