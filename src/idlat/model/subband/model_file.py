"""The file of the default model: weights of contexts, tables of classes and of levels, chances of octaves."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from idlat.coding.context_model import ContextModel
from idlat.coding.level_stream import LEVEL_CLASSES, LEVEL_SYMBOLS
from idlat.coding.mixing.mixing_stream import MixingModel
from idlat.coding.rans import TOTAL
from idlat.errors import ModelError
from idlat.model.container import pack, reading, unpack
from idlat.model.subband.config import SubbandConfig

__all__ = ["CodingPriors", "pack_model", "read_model"]

Array = NDArray[np.int64]


class CodingPriors(NamedTuple):
    """What a model file says of how things are coded.

    Attributes
    ----------
    contexts : ContextModel
        Of chunks.
    levels : ndarray of int64
        (level classes, level symbols): tables.
    mixing : MixingModel
        Of the second transform.
    """

    contexts: ContextModel
    levels: Array
    mixing: MixingModel


def pack_model(config: SubbandConfig, priors: CodingPriors) -> bytes:
    """Return the model file; equal arrays give equal bytes."""
    return pack(
        config.to_dict(),
        {
            "weights": priors.contexts.weights.astype(np.int32),
            "tables": priors.contexts.tables.astype(np.int32),
            "levels": priors.levels.astype(np.int32),
            "mixing_chances": priors.mixing.chances,
            "mixing_seen": priors.mixing.seen,
            "mixing_weights": priors.mixing.weights,
        },
    )


def read_model(data: bytes, name: str) -> tuple[SubbandConfig, CodingPriors]:
    """Return the configuration of a model file, and what it says of coding.

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
        if levels.min() < 1 or (levels.sum(1) != TOTAL).any():
            raise ModelError("a damaged model file: its tables are none")
        mixing = MixingModel(
            arrays["mixing_chances"].astype(np.uint16, casting="no"),
            arrays["mixing_seen"].astype(np.uint8, casting="no"),
            arrays["mixing_weights"].astype(np.int32, casting="no"),
        )
        priors = CodingPriors(ContextModel(weights, tables), levels, mixing)
        return SubbandConfig.from_dict(config), priors
