"""Mending an archive: what is lost is named, what a copy has is taken from it, the rest stays readable."""
