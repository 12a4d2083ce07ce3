"""Measurements that need real charts, each runnable as `python -m benchmarks.<name>`."""
