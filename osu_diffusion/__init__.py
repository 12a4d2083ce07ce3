"""Coarse positions -> refined positions: a diffusion model over the points of a map."""
