"""Training loops: schedules, averages, checkpoints. Knows no osu!."""
