"""Fuzzer: absurd charts and mutated inputs, in process and as commands. Each case follows from a seed."""
