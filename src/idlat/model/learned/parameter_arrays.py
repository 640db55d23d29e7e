"""Parameters of a network as a file's arrays, and back."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from idlat.errors import ModelError
from idlat.model.container import Arrays

__all__ = ["fill", "float_arrays"]


def float_arrays(parameters: Mapping[str, nn.Parameter], precise: tuple[str, ...]) -> Arrays:
    """Return parameters as float16, those whose name holds one of `precise` as float32."""
    return {
        name: parameter.detach()
        .cpu()
        .numpy()
        .astype(np.float32 if any(part in name for part in precise) else np.float16)
        for name, parameter in parameters.items()
    }


def fill(parameters: Mapping[str, nn.Parameter], arrays: Mapping[str, NDArray[np.generic]]) -> None:
    """Set parameters to a file's arrays.

    Raises
    ------
    ModelError
        If the names or shapes differ.
    """
    if set(parameters) != set(arrays):
        raise ModelError("a damaged model file: other weights than its configuration asks for")
    with torch.no_grad():
        for key, parameter in parameters.items():
            if parameter.shape != arrays[key].shape:
                raise ModelError(
                    f"a damaged model file: {key} has shape {arrays[key].shape}, not {tuple(parameter.shape)}"
                )
            parameter.copy_(torch.from_numpy(arrays[key].astype(np.float32)))
