"""The map as a whole: its profile next to human-made maps.

Contains the judgement of a profile and the score of a map. Single places are observed in `modding.observation`.
"""
