"""Several rows at the same time: of one song, and of several songs."""
