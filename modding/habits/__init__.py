"""Habits: surprisal of an object, given the rest of its map.

`habits` is the entry. Surprisal by a model is in `modding.observation`.
"""
