"""Models of any preset: from files, bytes and trained networks."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from idlat.errors import MissingFileError
from idlat.model.container import read_config, reading
from idlat.model.model import Model
from idlat.model.network import Network
from idlat.model.paper.config import BlockConfig
from idlat.model.paper.model import BaselineModel, BlockModel, PaperModel
from idlat.model.paper.network import BlockNetwork, block_network
from idlat.model.presets import AnyConfig, config_from

SHIPPED = Path(__file__).parent.parent / "models"

AnyModel: TypeAlias = Model | BlockModel
AnyNetwork: TypeAlias = Network | BlockNetwork

_BLOCK_MODELS: dict[str, type[BlockModel]] = {"paper": PaperModel, "baseline": BaselineModel}


def network_of(config: AnyConfig) -> AnyNetwork:
    """Build the network of a configuration, its weights random."""
    return block_network(config) if isinstance(config, BlockConfig) else Network(config)


def model_of(network: AnyNetwork) -> AnyModel:
    """Freeze a network: the model equals what its file will give back."""
    if isinstance(network, Network):
        return Model.from_network(network)
    return _BLOCK_MODELS[network.config.preset].from_network(network)


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
        config = config_from(read_config(data, name))
    kind = _BLOCK_MODELS[config.preset] if isinstance(config, BlockConfig) else Model
    return kind(data, name)


def load_model(source: str | Path | None = None) -> AnyModel:
    """Load a model: the shipped default (None or "default"), or a model file.

    Raises
    ------
    MissingFileError, ModelError
        If there is no such file, or it is no model.
    """
    path = SHIPPED / "default.safetensors" if source is None or str(source) == "default" else Path(source)
    if not path.is_file():
        raise MissingFileError(f"{path}: no such model file")
    return model_from(path.read_bytes(), str(path))
