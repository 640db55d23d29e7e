"""Datasets that idlat makes itself, seeded and offline: vortices, universes, hurricanes, random fields.

Those that others publish are in :mod:`idlat.datasets.published`.
"""

from __future__ import annotations

from idlat.datasets.cosmology import cosmology
from idlat.datasets.dataset_registry import DatasetMaker, dataset_named, list_datasets, make
from idlat.datasets.hurricane import hurricane
from idlat.datasets.random_fields import RandomFieldOptions, random_field, random_options
from idlat.datasets.vortex import VortexOptions, vortex

__all__ = [
    "DatasetMaker",
    "RandomFieldOptions",
    "VortexOptions",
    "cosmology",
    "dataset_named",
    "hurricane",
    "list_datasets",
    "make",
    "random_field",
    "random_options",
    "vortex",
]
