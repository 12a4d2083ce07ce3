"""Page in the browser: HTTP server, model worker, static files.

Read `app` first, and `docs/web_ui.md`. Generation itself is in `pipeline`.
"""
