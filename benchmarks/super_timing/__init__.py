"""Benchmark of timing: the fit, synthetic songs, held-out songs.

The fit itself is in `beat_tracking`.
"""
