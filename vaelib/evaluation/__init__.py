"""How good a model is, in nats per picture: NumPy, float64, one number for each picture."""
