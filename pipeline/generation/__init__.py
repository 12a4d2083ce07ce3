"""Request -> finished beatmap; read `generate` first.

Files are written in `pipeline.output`.
"""
