"""Archives that are changed, damaged, or left half-written."""
