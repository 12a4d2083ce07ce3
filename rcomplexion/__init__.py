"""How complex a map's rhythm is: how much each interval surprises a model that has seen the ones before it."""
