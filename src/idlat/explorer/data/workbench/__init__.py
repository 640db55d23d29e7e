"""Importance maps tried on some chunks, and compared."""
