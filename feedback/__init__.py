"""Feedback to the user: errors that are one sentence for the user, and progress.

Any package may import it; it imports nothing of the project. How feedback is shown is outside, in the CLI and servers.
"""
