"""Song -> finished map: the only place that joins the models.

The page, the server and MaiMod are outside.
"""
