"""Small archives of every preset, and what they decode to."""
