"""Channels of the frame heads.

They are separate from the network, whose imports take seconds.
"""

from __future__ import annotations

MODE_CHANNELS = ("standard", "taiko", "catch", "mania")
"""Channels that predict the onsets of a game mode, in the order of the mode numbers."""

FRAME_CHANNELS = (*MODE_CHANNELS, "beat", "downbeat")
