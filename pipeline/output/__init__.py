"""Outputs of a generation: .osz, audio, metadata, summary, report and pictures."""
