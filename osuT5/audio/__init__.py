"""Songs in: decoded samples, spectrograms and onset strength. Nothing here knows tokens or beatmaps."""
