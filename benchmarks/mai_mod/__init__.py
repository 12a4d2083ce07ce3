"""Benchmarks of MaiMod: faults, thresholds, habits, kiai.

Faults and their scores are in `evaluation`, suggestions in `modding`.
"""
