"""Feedback to the user: errors in one sentence, and progress.

Any package may import it; it imports nothing of the project. How feedback is shown is outside, in the CLI and servers.
"""
