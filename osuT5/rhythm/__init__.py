"""Rhythm model on the beat clock: which ticks of a song begin a hit object.

Contains song features, the tick head network, its training and whole-song prediction. Object kinds and positions are
outside it.
"""
