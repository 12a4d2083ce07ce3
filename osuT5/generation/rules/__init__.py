"""Rules on the next token: grammar, times, ratios. Sampling is outside."""
