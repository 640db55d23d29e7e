"""The presets: a name for each kind of model, and what is made of it.

One object says all that differs: which class reads its model files, how it is trained, and what may be set
for that. Another package registers its own by an entry point of the group ``idlat.presets``, named like the
preset and leading to the object::

    [project.entry-points."idlat.presets"]
    wavelet = "mypackage.models:WAVELET"

    WAVELET = Preset("wavelet", "a wavelet transform", model="mypackage.models:WaveletModel")

``idlat train --preset wavelet``, ``compress --model`` and whoever opens an archive then find it. Classes are
named by object references, ``module:name``, and loaded on first use: the default model needs no torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pkgutil import resolve_name
from typing import Any

from idlat.errors import ModelError
from idlat.model.latent_model import LatentModel

__all__ = ["ENTRY_POINTS", "Preset", "find_preset", "preset_names", "register_preset", "stated_preset"]

ENTRY_POINTS = "idlat.presets"
"""Group of the entry points by which other packages register presets."""


@dataclass(frozen=True)
class Preset:
    """A kind of model.

    Attributes
    ----------
    name
        Under which archives, model files and ``idlat train --preset`` know it.
    description
        A few words, for people.
    model
        Reference to the class of its models, called with a model file's bytes and what errors call it;
        see :class:`idlat.model.latent_model.LatentModel`.
    recipe
        Reference to the class that trains it, a :class:`idlat.training.TrainingRecipe`; empty where nothing
        is trained.
    trains
        The preset that is trained where this one is asked for, which is not.
    adjustable
        Fields of its configuration that may be set for a training.
    """

    name: str
    description: str
    model: str
    recipe: str = ""
    trains: str = ""
    adjustable: tuple[str, ...] = ()

    def model_class(self) -> Any:
        """Return the class of its models."""
        return resolve_name(self.model)

    def read(self, data: bytes, name: str) -> LatentModel:
        """Make a model of a model file's bytes; `name` is what errors call it.

        Raises
        ------
        ModelError
            If they are none of this preset's.
        """
        make: Callable[[bytes, str], LatentModel] = self.model_class()
        return make(data, name)


_WEIGHTS = ("importance_range", "distortion_weight")

_PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            "default",
            "subbands under integer contexts, fitted to each variable as it is compressed",
            model="idlat.model.subband.model:SubbandModel",
            trains="learned",
        ),
        Preset(
            "learned",
            "a trained network over a lapped transform, for any map and quality",
            model="idlat.model.learned.learned_model:LearnedModel",
            recipe="idlat.training.learned_recipe:LearnedRecipe",
        ),
        Preset(
            "paper",
            "the paper's network, of one quality",
            model="idlat.model.paper.block_model:PaperModel",
            recipe="idlat.training.block_recipes:PaperRecipe",
            adjustable=_WEIGHTS,
        ),
        Preset(
            "baseline",
            "the paper's plain autoencoder, of one quality",
            model="idlat.model.paper.block_model:BaselineModel",
            recipe="idlat.training.block_recipes:BaselineRecipe",
            adjustable=_WEIGHTS,
        ),
    )
}


def register_preset(preset: Preset) -> None:
    """Make a preset known in this process, in the place of one of its name."""
    _PRESETS[preset.name] = preset


def preset_names() -> list[str]:
    """List the names of all presets, without loading those of other packages.

    Examples
    --------
    >>> preset_names()[:4]
    ['default', 'learned', 'paper', 'baseline']
    """
    return list(dict.fromkeys([*_PRESETS, *(entry.name for entry in _entries())]))


def find_preset(name: str) -> Preset:
    """Find a preset, among those of other packages too.

    Raises
    ------
    ModelError
        If there is none of this name, or another package has it but it cannot be loaded.

    Examples
    --------
    >>> find_preset("paper").adjustable
    ('importance_range', 'distortion_weight')
    """
    if name not in _PRESETS:
        for entry in _entries():
            if entry.name == name:
                register_preset(_loaded(entry))
    if name not in _PRESETS:
        raise ModelError(f"unknown preset {name!r}: one of {', '.join(preset_names())}")
    return _PRESETS[name]


def stated_preset(config: Mapping[str, Any]) -> Preset:
    """Find the preset that a model file's configuration states.

    Raises
    ------
    ModelError
        If it states none, or one that is not registered here.
    """
    name = config.get("preset")
    if name == "default" and "coefficients" in config:  # its name before version 0.2
        name = "learned"
    return find_preset(str(name))


def _entries() -> metadata.EntryPoints:
    return metadata.entry_points(group=ENTRY_POINTS)


def _loaded(entry: metadata.EntryPoint) -> Preset:
    try:
        found = entry.load()
    except Exception as error:
        raise ModelError(
            f"preset {entry.name!r} of {entry.value} cannot be loaded: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(found, Preset) or found.name != entry.name:
        raise ModelError(f"{entry.value} is no preset named {entry.name!r}")
    return found
