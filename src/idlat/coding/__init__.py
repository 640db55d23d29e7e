"""Exact integer coding: entropy networks, frozen tables, a chunk's bytes."""
