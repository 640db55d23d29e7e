"""Presets are objects, found by name, those of other packages too; each says all that is done with it."""

import subprocess
import sys
from importlib import metadata
from types import ModuleType

import numpy as np
import pytest
import xarray as xr

import idlat
from idlat.errors import IdlatError, ModelError
from idlat.model import BlockConfig, Preset, find_preset, load_model, preset_names, presets
from idlat.model.paper.block_model import BaselineModel
from idlat.training import train
from idlat.training.block_recipes import BaselineRecipe
from idlat.training.training_recipe import TrainingRecipe, recipe_of


class FlatModel(BaselineModel):
    """Another package's model."""


class FlatRecipe(BaselineRecipe):
    """How it is trained."""

    config = BlockConfig(preset="flat", channels=2, conditions=1)
    model_class = FlatModel
    batch_size = 2


FLAT = Preset("flat", "of another package", "flatpackage:FlatModel", "flatpackage:FlatRecipe")


@pytest.fixture
def entry(monkeypatch: pytest.MonkeyPatch):
    """Make an entry point of the group ``idlat.presets``, and what it leads to, as if installed."""
    module = ModuleType("flatpackage")
    module.__dict__.update(FLAT=FLAT, FlatModel=FlatModel, FlatRecipe=FlatRecipe, nonsense=3)
    monkeypatch.setitem(sys.modules, "flatpackage", module)
    monkeypatch.setattr(presets, "_PRESETS", dict(presets._PRESETS))
    installed = metadata.entry_points

    def register(name: str, value: str) -> None:
        found = metadata.EntryPoints([metadata.EntryPoint(name, value, presets.ENTRY_POINTS)])
        monkeypatch.setattr(
            presets.metadata,
            "entry_points",
            lambda **chosen: found if chosen.get("group") == presets.ENTRY_POINTS else installed(**chosen),
        )

    return register


@pytest.fixture
def field() -> xr.DataArray:
    z, y, x = np.meshgrid(*(np.arange(n) / 5 for n in (24, 30, 26)), indexing="ij")
    return xr.DataArray((np.sin(z + y) * np.cos(x)).astype(np.float32), dims=("z", "y", "x"), name="f")


@pytest.mark.parametrize("name", ["default", "learned", "paper", "baseline"])
def test_what_a_preset_names_exists(name: str) -> None:
    preset = find_preset(name)
    assert preset.name == name
    assert preset.description
    assert isinstance(preset.model_class(), type)
    recipe = recipe_of(preset)
    assert issubclass(recipe, TrainingRecipe)
    assert recipe.config.preset == (preset.trains or name)
    assert all(hasattr(recipe.config, field) for field in preset.adjustable)
    if preset.recipe:
        assert recipe.model_class is preset.model_class()


def test_naming_presets_and_reading_the_default_model_load_no_torch() -> None:
    code = "import sys, idlat; from idlat.model import preset_names; preset_names(); idlat.load_model()"
    code += "; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_an_unknown_preset_is_an_error_that_names_the_known() -> None:
    with pytest.raises(ModelError, match="unknown preset 'fast': one of default, learned, paper, baseline"):
        find_preset("fast")


def test_another_package_s_preset_is_trained_stored_and_read(entry, field, tmp_path) -> None:
    entry("flat", "flatpackage:FLAT")
    assert preset_names()[-1] == "flat"
    assert find_preset("flat") is FLAT
    path = tmp_path / "flat.safetensors"
    train([field], path, preset_name="flat", steps=1)
    model = load_model(path)
    assert type(model) is FlatModel
    assert model.preset == "flat"
    archive = idlat.compress(field, tmp_path / "a.idlat", model=path)
    assert archive.info().preset == "flat"
    assert archive.decode().shape == field.shape


def test_it_takes_no_weights_that_it_does_not_list(entry, field, tmp_path) -> None:
    entry("flat", "flatpackage:FLAT")
    with pytest.raises(IdlatError, match=r"flat takes neither .* for paper and baseline"):
        train([field], tmp_path / "m.safetensors", preset_name="flat", steps=1, distortion_weight=2.0)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("flatpackage:ABSENT", "cannot be loaded: AttributeError"),
        ("absentpackage:FLAT", "cannot be loaded: ModuleNotFoundError"),
        ("flatpackage:nonsense", "is no preset named 'flat'"),
    ],
)
def test_an_entry_point_to_no_preset_is_an_error(entry, value: str, message: str) -> None:
    entry("flat", value)
    assert "flat" in preset_names()
    with pytest.raises(ModelError, match=message):
        find_preset("flat")


def test_a_preset_with_nothing_to_train_says_so(field, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(presets, "_PRESETS", dict(presets._PRESETS))
    presets.register_preset(Preset("fixed", "not trained", "nowhere:Model"))
    with pytest.raises(ModelError, match="preset fixed has nothing to train"):
        train([field], tmp_path / "m.safetensors", preset_name="fixed", steps=1)
