"""Which mapper made a chart, told from excerpts of it and its song; and what such excerpts are like, as vectors."""
