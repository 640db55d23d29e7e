"""Arrays in files, read in parts on demand: plain, tiled or compressed, with their missing values."""
