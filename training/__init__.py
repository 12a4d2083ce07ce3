"""Training loops: schedules, averages, checkpoints.

osu! is outside.
"""
