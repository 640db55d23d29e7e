"""Writing from a running simulation: each step as it comes, from one process or from many, a block each."""
