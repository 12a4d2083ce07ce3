"""Files of a refiner: contract and weights, native or published.

The networks are in `osu_diffusion`.
"""
