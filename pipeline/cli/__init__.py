"""The command line: options, progress, dialogue, many runs. Generation itself is outside."""
