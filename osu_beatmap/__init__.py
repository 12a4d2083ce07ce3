"""osu! beatmaps: data types, files, geometry, timing and rules.

Models, configuration and audio are outside.
"""
