"""Training of the sequence model: options, initial weights, losses, adapters.

The loop itself is in `training`, the data are in `osuT5.dataset`.
"""
