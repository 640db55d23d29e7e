"""Weights of contexts and tables of the shipped default model."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from idlat.coding.context_model import ContextModel
from idlat.model.subband.model_file import read_model

__all__ = ["default_contexts"]

_FILE = Path(__file__).parent.parent / "models" / "default.safetensors"


@lru_cache(maxsize=1)
def default_contexts() -> ContextModel:
    """Return the shipped weights and tables.

    Examples
    --------
    >>> default_contexts().tables.sum(axis=1).tolist() == [2**24] * len(default_contexts().tables)
    True
    """
    _, weights, tables, _ = read_model(_FILE.read_bytes(), str(_FILE))
    return ContextModel(weights, tables)
