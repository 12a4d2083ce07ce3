"""Songs in: decoded samples, spectrograms, onset strength.

Tokens and beatmaps are outside.
"""
