"""Data sets that others publish: what is known of them, and their files imported."""

from __future__ import annotations

from idlat.datasets.published.fetch_open_scivis import fetch_open_scivis, list_open_scivis
from idlat.datasets.published.import_published import import_published
from idlat.datasets.published.published_sets import PublishedSet, list_published

__all__ = [
    "PublishedSet",
    "fetch_open_scivis",
    "import_published",
    "list_open_scivis",
    "list_published",
]
