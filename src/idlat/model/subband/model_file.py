"""The file of the default model: weights of contexts, tables of classes, tables of levels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from idlat.coding.level_stream import LEVEL_CLASSES, LEVEL_SYMBOLS
from idlat.coding.rans import TOTAL
from idlat.errors import ModelError
from idlat.model.container import pack, reading, unpack
from idlat.model.subband.config import SubbandConfig

__all__ = ["pack_model", "read_model"]

Array = NDArray[np.int64]


def pack_model(config: SubbandConfig, weights: Array, tables: Array, levels: Array) -> bytes:
    """Return the model file; equal arrays give equal bytes."""
    arrays = {"weights": weights, "tables": tables, "levels": levels}
    return pack(config.to_dict(), {name: values.astype(np.int32) for name, values in arrays.items()})


def read_model(data: bytes, name: str) -> tuple[SubbandConfig, Array, Array, Array]:
    """Return the configuration, weights, tables of classes and tables of levels of a model file.

    Raises
    ------
    ModelError
        If it is none.
    """
    with reading(name):
        config, arrays = unpack(data, name)
        weights, tables, levels = (arrays[key].astype(np.int64) for key in ("weights", "tables", "levels"))
        if levels.shape != (LEVEL_CLASSES, LEVEL_SYMBOLS):
            raise ModelError("a damaged model file: its tables of levels have another shape")
        for rows in (tables, levels):
            if rows.min() < 1 or (rows.sum(1) != TOTAL).any():
                raise ModelError("a damaged model file: its tables are none")
        return SubbandConfig.from_dict(config), weights, tables, levels
