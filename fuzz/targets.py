"""What the fuzzer reads: seeds by name, and what is done with each mutant."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np

from fuzz import expressions, seeds
from fuzz.mended import mend_and_damage
from fuzz.mutations import mutate_path
from fuzz.streams import prepare_streams

Prepared = tuple[dict[str, Path], Callable[[Path], None]]
Mutator = Callable[[Path, Path, random.Random], str]

#: How seeds of a kind are damaged, where not byte by byte.
MUTATORS: dict[str, Mutator] = {
    "metadata": mend_and_damage,
    "expressions": expressions.mutate_expression,
}


def mutator(kind: str) -> Mutator:
    """Return what damages seeds of a kind."""
    return MUTATORS.get(kind, mutate_path)


def prepare(kind: str, folder: Path) -> Prepared:
    """Make the seeds of a kind, and return what reads one."""
    (place := folder / "seeds").mkdir()
    kinds = {
        "streams": prepare_streams,
        "metadata": _metadata,
        "expressions": _expressions,
        "fields": _fields,
        "archives": _archives,
        "models": _models,
        "clusters": _clusters,
        "states": _states,
        "maps": _maps,
    }
    return kinds[kind](place)


def _fields(folder: Path) -> Prepared:
    return seeds.fields(folder), read_field


def read_field(path: Path) -> None:
    """List a file's variables, open them, and read values and coordinates."""
    from idlat.fields import list_variables, open_field

    raw = {"shape": seeds.SHAPE, "dtype": "float32"} if ".raw" in path.suffixes else {}
    for name in list_variables(path)[:2]:
        field = open_field(path, name, **raw)
        assert field.values.shape == field.shape
        for coordinate in field.coords.values():
            assert coordinate.values.shape == coordinate.shape


def _archives(folder: Path) -> Prepared:
    """Archives of the shipped model and of a quick stand-in, as folders and packed."""
    import idlat
    from idlat.archive import register_model
    from support.models.linear_model import LinearModel

    register_model(LinearModel())
    field = seeds.field(time=True)
    field.values[0, 0, 0, :2] = np.nan
    made = {}
    for name, model in (("linear", LinearModel()), ("default", None)):
        for suffix in (".idlat", ".zip"):
            made[name + suffix] = folder / f"{name}{suffix}"
            idlat.compress(field, made[name + suffix], "value > 0", model, keep_importance=True).close()
    return made, read_archive


def read_archive(path: Path) -> None:
    """Open an archive, read everything that it gives, and verify it."""
    import idlat

    with idlat.open_archive(path) as archive:
        shape = archive.decode(workers=1).shape
        assert shape == archive.record.variables[0].shape
        archive.info()
        archive.decode(coarse=8)
        archive.latents()
        archive.importance()
        assert idlat.verify(archive, workers=1).chunks > 0


def _metadata(folder: Path) -> Prepared:
    """Archives as folders, which are damaged under checksums that are right."""
    made, read = _archives(folder)
    import idlat

    field = seeds.field(time=True)
    for name, bound in (("even", 1e-3), ("varied", (0.05, 0.5))):
        made[f"{name}.idlat"] = folder / f"{name}.idlat"
        idlat.compress(
            field, made[f"{name}.idlat"], "value > 0", max_error=bound, keep_importance=True
        ).close()
    for name, importance in (("companding", "value > 4"), ("cuts", "box(x=8:)")):
        path = made[f"{name}.idlat"] = folder / f"{name}.idlat"
        idlat.compress(seeds.waves(), path, importance, importance_range=14).close()
        assert f'"{name}":[' in (path / "t" / "latents" / "zarr.json").read_text()
    return {name: path for name, path in made.items() if path.is_dir()}, read


def _expressions(folder: Path) -> Prepared:
    """The corpus of expressions, a file each; the worker runs in the folder above, where the map is."""
    values = np.linspace(0, 1, np.prod(seeds.SHAPE), dtype=np.float32)
    np.save(folder.parent / "map.npy", values.reshape(seeds.SHAPE))
    made = {}
    for number, text in enumerate(expressions.expressions()):
        made[f"{number:03}"] = folder / f"{number:03}"
        made[f"{number:03}"].write_text(text, encoding="utf-8")
    return made, read_map


def _models(folder: Path) -> Prepared:
    """Model files of every kind, of small sizes."""
    from idlat.model import LearnedModel, load_model
    from support.models.paper_networks import random_block_model
    from support.models.tiny_network import random_network

    models = {"default": load_model(), "learned": LearnedModel.from_network(random_network())}
    models |= {preset: random_block_model(preset) for preset in ("paper", "baseline")}
    made = {}
    for name, model in models.items():
        made[name] = folder / f"{name}.safetensors"
        made[name].write_bytes(model.to_bytes())
    return made, read_model


def read_model(path: Path) -> None:
    """Load a model and run it once."""
    from idlat.model import load_model

    model = load_model(path)
    side = max(model.cell, 8) * 2
    x = np.zeros((side, side, side), np.float32)
    latents = model.analyse(x, x, model.gain_limits[0])
    model.decode_chunks(model.encode_chunks([latents]))
    model.synthesise(latents, model.gain_limits[0])


def _clusters(folder: Path) -> Prepared:
    """Files of clusters."""
    from idlat.analysis import ClusterFile, ClusterTree

    tree = ClusterTree.root(24).divided(0, [np.arange(9), np.arange(9, 24)])
    blocks = np.array(list(np.ndindex(1, 2, 3, 4)), np.intp)
    (folder / "clusters.json").write_text(ClusterFile(tree, blocks, (1, 2, 3, 4), 16, 1, {}).to_json())
    return {"clusters": folder / "clusters.json"}, read_clusters


def read_clusters(path: Path) -> None:
    """Read a file of clusters as the commands and as the explorer do."""
    from idlat.analysis import ClusterFile
    from idlat.explorer.data.clusters.tree_file import clusters_in

    text = path.read_text(encoding="utf-8", errors="replace")
    clusters_in(text)
    ClusterFile.from_json(text, str(path)).labels()


def _states(folder: Path) -> Prepared:
    """States of the explorer, as a file and as what follows the # of an address."""
    from idlat.explorer.data.saving.explorer_state import ExplorerState

    state = ExplorerState(archive="run.idlat", step=3, isovalue=8.0, region=(0, 4, 0, 4, 0, 4))
    (folder / "state.json").write_text(state.to_json())
    (folder / "address").write_text(state.to_fragment())
    return {"file": folder / "state.json", "address": folder / "address"}, read_state


def read_state(path: Path) -> None:
    """Read a state."""
    from idlat.explorer.data.saving.explorer_state import ExplorerState

    if path.suffix:
        ExplorerState.from_json(path.read_bytes())
    else:
        ExplorerState.from_fragment(path.read_text(encoding="utf-8", errors="replace"))


def _maps(folder: Path) -> Prepared:
    """Importance maps as files, and expressions."""
    values = np.linspace(0, 1, np.prod(seeds.SHAPE), dtype=np.float32).reshape(seeds.SHAPE)
    np.save(folder / "map.npy", values)
    (folder / "raw").mkdir()
    values.tofile(folder / "raw" / "map.raw")
    (folder / "expression").mkdir()
    (folder / "expression" / "text").write_text("0.2 + 0.8*max(value > 1.5, box(z=0:2, y=1:3, x=0:4))")
    (folder / "expression" / "more").write_text("min(gradient(), isosurface(0.5, decay=0.2)) * (value < 0.9)")
    made = [folder / "map.npy", folder / "raw" / "map.raw", *(folder / "expression").iterdir()]
    return {path.name: path for path in made}, read_map


def read_map(path: Path) -> None:
    """Evaluate a map on a field."""
    from idlat.importance import resolve

    text = path.read_text(encoding="utf-8", errors="replace") if not path.suffix else str(path)
    field = seeds.field()
    made, _ = resolve(text, field)
    assert np.asarray(made.step(0)[:, :, :]).shape == field.shape
