"""Letters, legends, bars and axes that are written over a picture."""
