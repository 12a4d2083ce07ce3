"""Songs from code, with exact times: composer, instruments, mixing desk.

osu! is outside. Objects of charts lead the sound by about 25 ms; the times given here are those of the sound.
"""
