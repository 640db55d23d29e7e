"""The file of the trained model of preset `learned`; see :mod:`idlat.model.container`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import nn

from idlat.model.container import CODER, pack, reading, split_coder, unpack
from idlat.model.learned.integer_conv import IntegerConv
from idlat.model.learned.learned_config import LearnedConfig
from idlat.model.learned.learned_network import LearnedNetwork
from idlat.model.learned.parameter_arrays import fill, float_arrays
from idlat.model.learned.prior_export import check_tables, load_prior, prior_arrays

# Matrices whose rounding would limit the quality at high rates stay in float32.
_PRECISE = ("lapped", "log_scale", "patches", "coarse_head", "hyper_table")


def to_bytes(network: LearnedNetwork) -> bytes:
    """Serialise a network: coder arrays as integers, convolutions as float16, transforms as float32."""
    arrays = {CODER + name: array for name, array in prior_arrays(network.prior).items()}
    return pack(network.config.to_dict(), arrays | float_arrays(float_parameters(network), _PRECISE))


def from_bytes(data: bytes, name: str) -> tuple[LearnedNetwork, dict[str, NDArray[np.generic]]]:
    """Read a model file: the network, in evaluation mode, and the coder's arrays.

    Parameters
    ----------
    data : bytes
    name : str
        What errors call the file.

    Raises
    ------
    ModelError
        If it is no model file, of another format version, or damaged.
    """
    with reading(name):
        config, arrays = unpack(data, name)
        network = LearnedNetwork(LearnedConfig.from_dict(config))
        coder = split_coder(arrays)
        fill(float_parameters(network), arrays)
        load_prior(network.prior, coder)
        check_tables(coder)
    network.prior.set_quantised(True)
    return network.eval(), coder


def float_parameters(network: nn.Module) -> dict[str, nn.Parameter]:
    """The parameters that are stored as floats: all but those of integer layers."""
    integer = {name for name, layer in network.named_modules() if isinstance(layer, IntegerConv)}
    return {
        name: parameter
        for name, parameter in network.named_parameters()
        if name.rpartition(".")[0] not in integer and name != "prior.gradient"
    }
