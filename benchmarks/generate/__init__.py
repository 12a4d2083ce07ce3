"""How fast a map is written, and where the time goes."""
