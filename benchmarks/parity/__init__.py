"""Comparison with the original program: `python -m benchmarks.parity --goldens DIR`.

`docs/parity.md` lists the switches that repeat its quirks; the code for them is in `parity`.
"""
