"""Appending time steps or variables to an archive that stands."""
