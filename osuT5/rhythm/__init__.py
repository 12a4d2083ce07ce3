"""Rhythm model: predicts which ticks of the beat begin a hit object.

Contains song features, the tick head network, its training and whole-song prediction. Object kinds and positions are
outside it.
"""
