"""Benchmarks of MaiMod: faults, thresholds, habits.

Faults and their scores are in `evaluation`, suggestions in `modding`.
"""
