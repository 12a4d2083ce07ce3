"""Outputs of a generation: .osz, audio, metadata, summary, report, pictures.

The content of a map is decided in `pipeline.generation`.
"""
