"""Where an archive's bytes lie: a folder, a packed ``.zip``, or any file system that fsspec knows."""
