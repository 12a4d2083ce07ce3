"""Map model: a rhythm model and an object model in one folder.

Contains their files, their training and their adapters. The networks are in `osuT5/rhythm` and `osuT5/objects`.
"""
