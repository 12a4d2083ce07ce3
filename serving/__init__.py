"""One process that makes maps for many: models stay loaded, and songs that are written at once share their steps."""
