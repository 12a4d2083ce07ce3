"""Audio to event tokens: the sequence model, its vocabulary, training and generation."""
