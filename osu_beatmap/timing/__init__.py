"""Timing points: the active one, the beat grid, edits.

Timing found in audio is in `beat_tracking`.
"""
