"""Reading an archive: regions of its fields, latents, and what it says of itself."""
