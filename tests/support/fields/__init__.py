"""Fields, and files of fields."""
