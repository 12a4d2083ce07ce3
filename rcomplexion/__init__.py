"""Rhythm complexity: surprisal of each interval, given the ones before it.

Audio is outside.
"""
