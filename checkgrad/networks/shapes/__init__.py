"""One file a way to write a network: what may be one, and how its parameters are held."""
