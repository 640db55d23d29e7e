"""The model file: safetensors with one metadata entry; its SHA-256 is the model's name in archives."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load, save
from torch import nn

from idlat.errors import ModelError
from idlat.model.export import load_prior, prior_arrays
from idlat.model.network import Network
from idlat.model.presets import ModelConfig
from idlat.model.prior import IntegerConv

FORMAT_VERSION = 2
_KEY = "idlat"
_CODER = "coder/"
# Matrices whose rounding would limit the quality at high rates stay in float32.
_PRECISE = ("lapped", "log_scale", "patches", "coarse_head", "hyper_table")


def to_bytes(network: Network) -> bytes:
    """Serialise a network: coder arrays as integers, convolutions as float16, transforms as float32."""
    arrays = {_CODER + name: array for name, array in prior_arrays(network.prior).items()}
    for name, tensor in float_parameters(network).items():
        kind = np.float32 if any(part in name for part in _PRECISE) else np.float16
        arrays[name] = tensor.detach().cpu().numpy().astype(kind)
    ordered = {name: np.ascontiguousarray(arrays[name]) for name in sorted(arrays)}
    header = {"format_version": FORMAT_VERSION, "config": network.config.to_dict()}
    return save(ordered, {_KEY: json.dumps(header, sort_keys=True)})


def from_bytes(data: bytes, name: str) -> tuple[Network, dict[str, NDArray[np.generic]]]:
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
    header = read_header(data, name)
    try:
        arrays = load(data)
        network = Network(ModelConfig.from_dict(header["config"]))
        coder = {key.removeprefix(_CODER): arrays.pop(key) for key in list(arrays) if key.startswith(_CODER)}
        wanted = float_parameters(network)
        if set(wanted) != set(arrays):
            raise ModelError("other weights than its configuration asks for")
        with torch.no_grad():
            for key, parameter in wanted.items():
                if parameter.shape != arrays[key].shape:
                    raise ModelError(f"{key} has shape {arrays[key].shape}, not {tuple(parameter.shape)}")
                parameter.copy_(torch.from_numpy(arrays[key].astype(np.float32)))
        load_prior(network.prior, coder)
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
        raise ModelError(f"{name}: a damaged model file: {error}") from None
    except Exception as error:  # safetensors has its own exception types
        raise ModelError(f"{name}: a damaged model file ({type(error).__name__})") from None
    network.prior.set_quantised(True)
    return network.eval(), coder


def read_header(data: bytes, name: str) -> dict[str, Any]:
    """Return the metadata of a model file, checked."""
    try:
        (length,) = struct.unpack("<Q", data[:8])
        header = json.loads(json.loads(data[8 : 8 + min(length, 1 << 24)])["__metadata__"][_KEY])
        version = header["format_version"]
    except Exception:
        raise ModelError(
            f"{name}: not an idlat model; train one with `idlat train`, or leave --model out"
        ) from None
    if version != FORMAT_VERSION:
        raise ModelError(f"{name}: model format version {version}; this idlat reads version {FORMAT_VERSION}")
    return dict(header)


def float_parameters(network: Network) -> dict[str, nn.Parameter]:
    """The parameters that are stored as floats: all but the integer layers'."""
    layers = network.prior.named_children()
    integer = {f"prior.{name}" for name, layer in layers if isinstance(layer, IntegerConv)}
    return {
        name: parameter
        for name, parameter in network.named_parameters()
        if ".".join(name.split(".")[:2]) not in integer and name != "prior.gradient"
    }
