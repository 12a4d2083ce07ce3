"""Bar model: predicts the downbeats of a song, given its beats.

Red lines move to them. The input is the sound at the beats. Features and layers are those of `osuT5.rhythm`.
"""
