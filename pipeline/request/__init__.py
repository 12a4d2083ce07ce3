"""Options of a generation: data, checks and values.

Generation itself is in `pipeline.generation`.
"""
