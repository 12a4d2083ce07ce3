"""Events -> a beatmap as the original program makes it."""
