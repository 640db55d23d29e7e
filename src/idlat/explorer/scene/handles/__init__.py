"""Shapes of importance maps, drawn over a picture and dragged by their handles."""
