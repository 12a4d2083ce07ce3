"""HTTP side of the server: the application, its routes, and their protection.

Jobs are run by `server.processing`.
"""
