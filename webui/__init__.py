"""The pages in the browser: generate, look and listen, review."""
