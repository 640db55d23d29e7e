"""What goes with a field's values: attributes, coordinate values, related variables, and what is left out."""
