"""Music from code, with exactly known times: a composer, instruments, and a mixing desk. Knows no osu!.

`mixing.render_song` makes any number of different songs from seeds, tempos and offsets, for timing tests and for
training. Object times of osu! charts lead the sound by about 25 ms; the truth given here is that of the sound, so
labels that imitate charts must subtract it.
"""
