"""Command line: options, progress, dialogue, many runs.

Generation itself is in `pipeline.generation`.
"""
