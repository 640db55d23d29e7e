"""Models of any preset, from files and bytes; torch is loaded for those that need it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from idlat.errors import MissingFileError, ModelError
from idlat.model.container import read_config, reading
from idlat.model.paper.config import BlockConfig
from idlat.model.presets import config_from
from idlat.model.shipped_weights import shipped_file
from idlat.model.subband.config import SubbandConfig
from idlat.model.subband.model import SubbandModel

if TYPE_CHECKING:
    from idlat.model.learned.learned_model import Model
    from idlat.model.paper.model import BlockModel

    AnyModel: TypeAlias = SubbandModel | Model | BlockModel


def model_from(data: bytes, name: str = "the model") -> AnyModel:
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
        stated = read_config(data, name)
        if stated.get("preset") == SubbandConfig.preset and "coefficients" not in stated:
            return SubbandModel(data, name)
        config = config_from(stated)
    if isinstance(config, BlockConfig):
        from idlat.model.paper.model import BaselineModel, PaperModel

        return (BaselineModel if config.preset == "baseline" else PaperModel)(data, name)
    from idlat.model.learned.learned_model import Model

    return Model(data, name)


def load_model(source: str | os.PathLike[str] | None = None) -> AnyModel:
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


def load_transform_model(source: str | Path | None = None) -> SubbandModel | Model:
    """Load a model of the preset `default` or `learned`, for what needs a transform of cells.

    Raises
    ------
    MissingFileError, ModelError
        As :func:`load_model`, or if it is of another preset.
    """
    model = load_model(source)
    if isinstance(model.config, BlockConfig):
        raise ModelError(
            f"{source}: a model of the preset {model.preset}; expected one of default or learned, which "
            "compare isosurfaces"
        )
    return model
