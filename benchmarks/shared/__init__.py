"""What several benchmarks measure with: no command of its own."""
