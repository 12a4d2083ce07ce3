"""MaiMod: a map and its song -> suggestions to the mapper.

Read `review` first. Surprisal of events is computed in `osuT5.generation`, rules are in `osu_beatmap`.
"""
