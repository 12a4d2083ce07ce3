"""Beats and frame activations -> red lines of a map.

Needs numpy and scipy only. Files, audio and models are outside.
"""
