"""Files of osu!: .osu text, .osz archives, file names.

Geometry and timing arithmetic are outside.
"""
