"""Models of random weights, and a linear one, small and quick."""
