"""Appending time steps or variables to an existing archive."""
