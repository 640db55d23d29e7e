"""Several files as the time steps of one field."""
