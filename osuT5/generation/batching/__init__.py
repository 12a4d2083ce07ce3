"""Rows decoded at the same time, of one or several songs.

A decoding step of one batch is outside, in `osuT5.generation`.
"""
