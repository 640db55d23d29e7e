"""Fitting the default model to a variable: transforms, tables, and how time steps follow one another."""
