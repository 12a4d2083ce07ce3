"""Profile of a map as some thirty numbers, and human-made maps' bands.

`profile.profile_of` is the entry; `bands` has the table of human-made maps. Nothing here needs audio or a model.
"""
