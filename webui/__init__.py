"""The page in the browser: a small server, one worker that holds the models, and static files.

Read `app.py` first: what the server is made of. `docs/web_ui.md` says how the parts talk to each other.
"""
