"""Faults of known kinds, put into a map.

Whether a review finds them is measured by `benchmarks.mai_mod.fault_injection`.
"""

from evaluation.faults.injection import KINDS, Fault, FaultyMap, inject

__all__ = ["KINDS", "Fault", "FaultyMap", "inject"]
