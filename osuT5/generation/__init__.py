"""Events from audio: rules, sampling, decode loops and window order.

Beatmaps and files are outside.
"""
