"""Channels of the frame heads; apart from the network, whose imports take seconds."""

MODE_CHANNELS = ("standard", "taiko", "catch", "mania")
"""Frame-head channels that predict the onsets of a game mode, in the order of the mode numbers."""

FRAME_CHANNELS = (*MODE_CHANNELS, "beat", "downbeat")
