"""The explorer: three linked views of an archive, and what they are made of."""
