"""Tokens of the model: events, vocabulary, conditions, prompt, windows and the contract that travels with weights."""
