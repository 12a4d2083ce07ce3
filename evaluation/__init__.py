"""Evaluation of generated maps against human-made maps.

`evaluate` is the main path. Generation is in `pipeline`, suggestions to mappers are in `modding`.
"""
