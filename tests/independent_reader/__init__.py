"""A reader of archives written from ``docs/format.md``: NumPy and the standard library, nothing of idlat."""
