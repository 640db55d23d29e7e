"""Datasets that idlat makes itself, seeded and offline: simulated vortices and random fields."""

from __future__ import annotations

from idlat.datasets.random_fields import RandomFieldOptions, random_field, random_options
from idlat.datasets.registry import Dataset, list_datasets, make
from idlat.datasets.vortex import VortexOptions, vortex

__all__ = [
    "Dataset",
    "RandomFieldOptions",
    "VortexOptions",
    "list_datasets",
    "make",
    "random_field",
    "random_options",
    "vortex",
]
