"""Fuzzer: absurd charts and mutated inputs, in process and as commands.

Contains its cases and the watch over them; each case follows from a seed. Tests of single faults are in `tests`.
"""
