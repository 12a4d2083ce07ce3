"""Reviews as text, JSON, Markdown and a page."""
