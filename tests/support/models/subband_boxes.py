"""Boxes of random coefficients, and a model of random weights and tables: coding is exact for any."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product

import numpy as np
import pytest

from idlat.coding.context_model import ContextModel
from idlat.coding.magnitudes import SYMBOLS
from idlat.coding.rans import TOTAL
from idlat.coding.size_contexts import CLASSES, FEATURES, WEIGHT_ONE
from idlat.coding.subband_walk import Box
from idlat.transform import Kinds, Shape, SubbandLayout, cell_subbands
from idlat.transform.subbands import GROUP_COUNT

KINDS: list[Kinds] = list(product(("lapped", "octaves"), repeat=3))


@contextmanager
def in_plain_python() -> Iterator[None]:
    """Without compiled kernels."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IDLAT_PURE_PYTHON", "1")
        yield


def random_model(seed: int = 0) -> ContextModel:
    rng = np.random.default_rng(seed)
    weights = rng.integers(0, WEIGHT_ONE // 3, (GROUP_COUNT, 2, FEATURES))
    tables = rng.integers(1, TOTAL // SYMBOLS, (CLASSES, SYMBOLS))
    tables[:, 0] += TOTAL - tables.sum(1)
    return ContextModel(weights, tables)


def flat_box(layout: SubbandLayout) -> Box:
    """A box of one quantisation step."""
    return Box(layout, {band.shape: np.zeros(band.shape, np.int64) for band in layout.bands})


def random_box(shape: Shape, kinds: Kinds, seed: int = 0, spread: int = 3) -> tuple[Box, np.ndarray]:
    """A box of random coefficients, some of them large, and steps that differ from place to place."""
    rng = np.random.default_rng(seed)
    layout = cell_subbands(shape, kinds)
    coarseness = {band.shape: rng.integers(0, spread + 1, band.shape) for band in layout.bands}
    coefficients = np.rint(rng.standard_cauchy(layout.size) * rng.choice([0, 1, 30], layout.size)).astype(
        np.int64
    )
    coefficients = np.clip(coefficients, -(2**29), 2**29)
    return Box(layout, coarseness), coefficients
