"""Training: where it starts, how fast it goes, and what is kept of it."""
