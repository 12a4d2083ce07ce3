"""Beat model: predicts where in a song beats and downbeats are heard.

Contains the network, its training and whole-song prediction. The fit of red lines to beats is in `beat_tracking`, the
features are in `osuT5.rhythm`.
"""
