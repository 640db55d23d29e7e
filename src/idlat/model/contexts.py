"""The contexts that the package ships, fitted to simulated fields by ``reproduce/contexts.py``."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from safetensors.numpy import load, save

from idlat.coding.context_model import ContextModel

__all__ = ["contexts_from_bytes", "contexts_to_bytes", "default_contexts"]

_FILE = Path(__file__).parent.parent / "models" / "contexts.safetensors"


@lru_cache(maxsize=1)
def default_contexts() -> ContextModel:
    """Return the shipped weights and tables.

    Examples
    --------
    >>> default_contexts().tables.sum(axis=1).tolist() == [2**24] * len(default_contexts().tables)
    True
    """
    return contexts_from_bytes(_FILE.read_bytes())


def contexts_to_bytes(contexts: ContextModel) -> bytes:
    """Serialise weights and tables; equal ones give equal bytes."""
    return save({"tables": contexts.tables.astype(np.int32), "weights": contexts.weights.astype(np.int32)})


def contexts_from_bytes(data: bytes) -> ContextModel:
    """Read :func:`contexts_to_bytes`'s result."""
    arrays = load(data)
    return ContextModel(arrays["weights"].astype(np.int64), arrays["tables"].astype(np.int64))
