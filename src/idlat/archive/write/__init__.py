"""Encoding a field: the plan, the search for a gain, the tiles, and where an unfinished archive is kept."""
