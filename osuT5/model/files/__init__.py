"""Files of published and native checkpoints: names, sizes, vocabularies, bundles.

Downloads and safe reading of foreign weights are in `model_files`.
"""
