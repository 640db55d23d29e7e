"""Field files: where they are, which format they have, which of their variables is meant."""
