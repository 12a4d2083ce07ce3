"""Benchmark of generation speed, and where the time goes.

The quality of maps is measured in `evaluation`.
"""
