"""Page in the browser: form, player, texts, static files.

Read `app` first, and `docs/web_ui.md`. The jobs behind it and their API are in `server`.
"""
