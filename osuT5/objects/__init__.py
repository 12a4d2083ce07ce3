"""Object model: predicts what each object of a given rhythm is.

Contains the compound tokens of hit objects, the network, its training and generation. Object times are outside it.
"""
