"""Mapper classifier: excerpts of charts and songs -> mappers and vectors.

Mel spectrograms and tokens are in `osuT5`.
"""
