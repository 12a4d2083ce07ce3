"""Beat model: predicts on which frames of a song beats and downbeats are heard.

Contains the network, its training and whole-song prediction. It reads the features of `osuT5.rhythm`; red lines are
fitted to its predictions in `beat_tracking`.
"""
