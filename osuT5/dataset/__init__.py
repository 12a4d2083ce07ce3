"""Songs with their charts, as training examples."""
