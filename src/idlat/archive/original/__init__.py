"""The field that was given: read a tile at a time, scanned, normalised, gaps filled, and its importance."""
