"""Network of the object model: its sizes, inputs, layers and files.

Generation and training with it are outside.
"""
