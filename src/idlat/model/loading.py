"""Models of any preset, from files and bytes; torch is loaded for those that need it."""

from __future__ import annotations

import os
from pathlib import Path

from idlat.errors import MissingFileError
from idlat.model.container import read_config, reading
from idlat.model.latent_model import LatentModel
from idlat.model.presets import stated_preset
from idlat.model.shipped_weights import shipped_file

__all__ = ["load_model", "model_from"]


def model_from(data: bytes, name: str = "the model") -> LatentModel:
    """Read a model file's content.

    Parameters
    ----------
    data : bytes
    name : str
        What errors call it.

    Raises
    ------
    ModelError
        If it is none.
    """
    with reading(name):
        preset = stated_preset(read_config(data, name))
    return preset.read(data, name)


def load_model(source: str | os.PathLike[str] | None = None) -> LatentModel:
    """Load a model: a shipped one by its name, "default" (or None) and "learned", or a model file.

    Raises
    ------
    MissingFileError, ModelError
        If there is no such file, or it is no model.
    """
    named = "default" if source is None else str(source)
    path = shipped_file(named) or Path(named)
    if not path.is_file():
        raise MissingFileError(f"{path}: no such model file")
    return model_from(path.read_bytes(), str(path))
