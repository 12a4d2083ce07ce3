"""Measurements on real charts: `python -m benchmarks.NAME`.

Nothing imports them. Metrics that the program itself reports are in `evaluation`.
"""
