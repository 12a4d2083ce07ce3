"""Benchmarks of MaiMod: faults, thresholds, habits, kiai."""
