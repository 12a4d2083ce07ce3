"""Profile of a map: what a mapper sees of it, as some thirty numbers, and the bands of human-made maps.

`profile.profile_of` is the definition, `bands.ProfileBands` the table of human-made maps. Only `osu_beatmap` and NumPy
are needed.
"""
