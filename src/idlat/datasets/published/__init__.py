"""Data sets that others publish: what is known of them, and their files imported."""

from __future__ import annotations

from idlat.datasets.published.import_published import import_published
from idlat.datasets.published.published_sets import PublishedSet, list_published, published_named

__all__ = ["PublishedSet", "import_published", "list_published", "published_named"]
