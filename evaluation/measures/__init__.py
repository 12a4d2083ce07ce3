"""Measurements of charts and of pairs of charts; the table of metrics is in `evaluation.metrics`."""
