"""Formulas on charts and pairs of charts.

The table of metrics that uses them is in `evaluation.metrics`.
"""
