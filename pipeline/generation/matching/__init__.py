"""Repairs of a map until it has the requested star rating and ratios.

Generating the maps that are tried is outside, in `pipeline.generation`."""
