"""Coarse positions -> refined positions, by diffusion over points.

Which maps are refined is decided in `pipeline.generation.refinement`.
"""
