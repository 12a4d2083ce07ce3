"""From a song to a finished map: the only place that joins the models."""
