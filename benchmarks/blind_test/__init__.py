"""Blind test of generated against human-made excerpts.

`sheet` makes the page to vote on, `votes` counts. Maps are generated elsewhere.
"""
