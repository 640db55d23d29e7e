"""The model file: safetensors with one metadata entry; its SHA-256 is the model's name in archives."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save

from idlat.errors import ModelError

FORMAT_VERSION = 2
CODER = "coder/"
"""Prefix of the arrays that the entropy coder runs on."""

_KEY = "idlat"
_LARGEST = 1e9  # of a weight; trained ones stay below 1e4

Arrays = dict[str, NDArray[np.generic]]


def pack(config: Mapping[str, Any], arrays: Arrays) -> bytes:
    """Serialise arrays under a configuration; equal arrays give equal bytes."""
    ordered = {name: np.ascontiguousarray(arrays[name]) for name in sorted(arrays)}
    header = {"format_version": FORMAT_VERSION, "config": dict(config)}
    return save(ordered, {_KEY: json.dumps(header, sort_keys=True)})


def unpack(data: bytes, name: str) -> tuple[dict[str, Any], Arrays]:
    """Return the configuration and the arrays of a model file; call it within :func:`reading`."""
    config, arrays = read_config(data, name), load(data)
    for key, array in arrays.items():
        if array.dtype.kind == "f" and not float(np.abs(array).max(initial=0)) < _LARGEST:
            raise ModelError(f"a damaged model file: {key} holds what is no weight")
    return config, arrays


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Turn what a damaged model file `name` leads to into one ModelError."""
    try:
        yield
    except ModelError as error:
        raise error if str(error).startswith(name) else ModelError(f"{name}: {error}") from None
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
        raise ModelError(f"{name}: a damaged model file: {error}") from None
    except Exception as error:  # safetensors has its own exception types
        raise ModelError(f"{name}: a damaged model file ({type(error).__name__})") from None


def read_config(data: bytes, name: str) -> dict[str, Any]:
    """Return the configuration that a model file states.

    Raises
    ------
    ModelError
        If it is no model file, or of another format version.
    """
    try:
        (length,) = struct.unpack("<Q", data[:8])
        header = json.loads(json.loads(data[8 : 8 + min(length, 1 << 24)])["__metadata__"][_KEY])
        version, config = header["format_version"], header["config"]
    except Exception:
        raise ModelError(
            f"{name}: not an idlat model; train one with `idlat train`, or leave --model out"
        ) from None
    if version != FORMAT_VERSION:
        raise ModelError(f"{name}: model format version {version}; this idlat reads version {FORMAT_VERSION}")
    return dict(config)


def split_coder(arrays: Arrays) -> Arrays:
    """Take the coder's arrays out of those of a file."""
    return {key.removeprefix(CODER): arrays.pop(key) for key in list(arrays) if key.startswith(CODER)}
