"""MaiMod: a map and its song -> suggestions that a mapper can act on.

Read `reviewing` first. The model scores every event (`osuT5.generation.surprisal`), `observations` turns events into
questions about objects (`aspects`), to which `habits` adds what the map itself does elsewhere and `audio_timing` what
is heard; `thresholds` says how rare such a surprise is, `merging` finds one cause for many, `wording` and `fixes` say
what to do; `rule_suggestions` and `mapset` add what can be looked up; `reports` writes it down.
"""
