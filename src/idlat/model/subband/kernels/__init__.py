"""Compiled parts of the default model: levels of cells, noise shaping."""
