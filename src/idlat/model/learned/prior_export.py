"""From a trained prior to the frozen integers that the coder runs on, and back."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from idlat.coding.learned.integer_networks import GRADIENT_BITS
from idlat.coding.learned.scale_tables import Tables, integer_weights, join, symbol_tables
from idlat.coding.rans import TOTAL
from idlat.errors import ModelError
from idlat.model.learned.entropy_prior import Prior
from idlat.model.learned.integer_conv import UNIT, IntegerConv, compressed_integer
from idlat.model.learned.symbol_probabilities import FactorisedTable

_WIDEST = 160


def prior_arrays(prior: Prior) -> dict[str, NDArray[np.generic]]:
    """Return the integer layers and tables of a trained prior, by name."""
    arrays = layer_arrays(prior)
    gradient = (prior.gradient.detach() * 2**GRADIENT_BITS).round()
    arrays["gradient"] = gradient.numpy().astype(np.int32)
    magnitudes = torch.arange(4096, dtype=torch.float64)
    arrays["compress"] = (compressed_integer(magnitudes) * UNIT).numpy().astype(np.int16)
    return arrays | table_arrays(prior.hyper_table)


def layer_arrays(prior: nn.Module) -> dict[str, NDArray[np.generic]]:
    """Return weights, biases and shifts of a prior's integer layers, by name."""
    arrays: dict[str, NDArray[np.generic]] = {}
    for name, layer in prior.named_children():
        if isinstance(layer, IntegerConv):
            weight, bias, shift = layer.integers()
            arrays[f"{name}.weight"] = weight.numpy().astype(np.int8)
            arrays[f"{name}.bias"] = bias.numpy().astype(np.int32)
            arrays[f"{name}.shift"] = shift.numpy().astype(np.int8)
    return arrays


def table_arrays(table: FactorisedTable) -> dict[str, NDArray[np.generic]]:
    """Return the frozen tables of the symbols and of ẑ, by name."""
    arrays: dict[str, NDArray[np.generic]] = {}
    for prefix, tables in (("symbols", symbol_tables()), ("hyper", hyper_tables(table))):
        arrays[f"{prefix}.weights"] = tables.weights
        arrays[f"{prefix}.sizes"] = tables.sizes
        arrays[f"{prefix}.lowest"] = tables.lowest
    return arrays


def tables_of(arrays: Mapping[str, NDArray[np.generic]], prefix: str) -> Tables:
    """Undo :func:`table_arrays` for one of the two sets.

    Raises
    ------
    ModelError
        If they are no tables.
    """
    tables = Tables(*(arrays[f"{prefix}.{part}"].astype(np.int32) for part in ("weights", "sizes", "lowest")))
    sizes, weights = tables.sizes, tables.weights
    sound = sizes.ndim == weights.ndim == 1 and len(sizes) == len(tables.lowest) > 0 and sizes.min() > 1
    if not sound or sizes.sum(dtype=np.int64) != len(weights) or weights.min() < 1:
        raise ModelError("a damaged model file: its tables are none")
    if (np.add.reduceat(weights.astype(np.int64), np.cumsum(sizes) - sizes) != TOTAL).any():
        raise ModelError("a damaged model file: the weights of a table do not add up")
    return tables


def check_tables(arrays: Mapping[str, NDArray[np.generic]]) -> None:
    """Raise a ModelError where the arrays of a file are no tables."""
    for prefix in ("symbols", "hyper"):
        tables_of(arrays, prefix)


def load_prior(prior: Prior, arrays: Mapping[str, NDArray[np.generic]]) -> None:
    """Give a prior the weights that the integer layers stand for."""
    load_layers(prior, arrays)
    with torch.no_grad():
        prior.gradient.copy_(torch.tensor(arrays["gradient"].astype(np.float64) / 2**GRADIENT_BITS))


def load_layers(prior: nn.Module, arrays: Mapping[str, NDArray[np.generic]]) -> None:
    """Undo :func:`layer_arrays`."""
    with torch.no_grad():
        for name, layer in prior.named_children():
            if isinstance(layer, IntegerConv):
                weight, bias, shift = (
                    arrays[f"{name}.{part}"].astype(np.float64) for part in ("weight", "bias", "shift")
                )
                scale = np.exp2(-shift)
                layer.weight.copy_(torch.tensor(weight * scale.reshape(-1, 1, 1, 1, 1)))
                assert layer.bias is not None
                layer.bias.copy_(torch.tensor(bias * scale / UNIT))


def hyper_tables(table: FactorisedTable) -> Tables:
    """One table a class and channel of ẑ, classes first, around the table's own median."""
    with torch.no_grad():
        classes, channels = table.of_class.shape[1:3]
        symbols = torch.arange(-_WIDEST, _WIDEST + 1, dtype=torch.float32).reshape(1, 1, -1, 1, 1)
        p = table.probability(symbols.expand(classes, channels, -1, 1, 1), torch.arange(classes))
    rows, lowest = [], []
    for values in p.double().reshape(classes * channels, -1).numpy():
        median = int(np.searchsorted(np.cumsum(values) / values.sum(), 0.5))
        near = np.flatnonzero(values > 2.0**-21)
        low = max(0, min(median - 2, int(near[0]) if len(near) else median))
        high = min(len(values) - 1, max(median + 2, int(near[-1]) if len(near) else median))
        kept = values[low : high + 1]
        rows.append(integer_weights(np.append(kept, max(1 - kept.sum(), 2.0**-22))))
        lowest.append(low - _WIDEST)
    return join(rows, lowest)
