"""Letters, legends, bars and axes that are written over a picture: a saved one and a report have them too."""
