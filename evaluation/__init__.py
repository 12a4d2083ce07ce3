"""How good generated maps are: metrics against human charts, and the simple baselines to beat.

- `object_metrics`: object times, F1 by one-to-one matching, share of objects on the grid.
- `timing_metrics`: tempo, octave and offset of red lines against a human's.
- `baselines`: onset picking and plain ticks, which any model must outdo.
"""
