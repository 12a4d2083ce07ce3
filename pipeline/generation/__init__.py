"""From a request to a finished beatmap; read `generate` first. Files are written in `pipeline.output`."""
