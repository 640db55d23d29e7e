"""Where things are in a picture, and in which colours: arrays and numbers, no VTK."""
