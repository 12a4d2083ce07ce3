"""Positions and paths on the playfield: curves, slider paths, stacks, combos.

Files are outside.
"""
