"""Trees of clusters: edited, undone, kept in files, carried and tracked from step to step."""
