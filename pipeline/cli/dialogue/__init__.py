"""Asking for the options of a generation in a terminal, one by one. Read dialogue.py first."""
