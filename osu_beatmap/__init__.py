"""osu! beatmaps: data types, reading, writing, geometry, timing and rules. Needs no torch and no Hydra."""
