"""Files of a refiner: contract and weights, native or published."""
