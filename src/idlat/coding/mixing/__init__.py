"""Octaves under mixed adaptive contexts: the walk, its tables and its kernels, and streams of bytes."""
