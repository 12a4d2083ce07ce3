"""Beats and frame activations -> red lines. Needs numpy and scipy only; reads no files and runs no model."""
