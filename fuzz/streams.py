"""Coded streams: payloads of small archives, and what decodes them, without any checksum before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["prepare_streams"]


def prepare_streams(folder: Path) -> tuple[dict[str, Path], Callable[[Path], None]]:
    """Write payloads of every kind; return them and what decodes one."""
    from fuzz import seeds

    payloads: dict[str, bytes] = {}
    readers: dict[str, Callable[[bytes], Any]] = {}
    for name, options in {"even": {"max_error": 1e-3}, "varied": {"max_error": (0.05, 0.5)}}.items():
        _of_default(name, seeds.field(time=True), options, payloads, readers)
    _of_networks(payloads, readers)
    made = {}
    for name, payload in payloads.items():
        made[name] = folder / f"{name}.bin"
        made[name].write_bytes(payload)

    def read(path: Path) -> None:
        found = readers[path.stem](path.read_bytes())
        if isinstance(found, np.ndarray):
            assert found.nbytes < 2**27

    return made, read


def _of_default(
    name: str, field: Any, options: dict[str, Any], payloads: dict[str, bytes], readers: dict[str, Any]
) -> None:
    import idlat
    from idlat.archive.codecs.residual_codec import Residual
    from idlat.archive.codecs.sealed_objects import open_object
    from idlat.archive.codecs.second_codec import decode_second
    from idlat.archive.codecs.step_codec import decode_step
    from idlat.coding.context_tables import read_tables
    from idlat.coding.mask_stream import decode_mask
    from idlat.model import load_model

    values = np.pad(field.values, ((0, 0), (0, 4), (0, 4), (0, 20)), mode="reflect", reflect_type="odd")
    values[:, 2, 3] = np.nan
    values[1, 0, 0, 0] = 1e20
    place = f"memory://fuzz/{name}.idlat"
    archive = idlat.compress(values, place, "value > 0", mode="w", **options)
    decoder, variable = archive.decoder(), archive.record.variables[0]
    shape, model, store = variable.volume, decoder.model, archive.store
    dtype = np.dtype(variable.dtype)

    def payload(kind: str) -> bytes:
        prefix = kind if kind == "mask" else f"{variable.path}/{kind}"
        return open_object(store.get(next(iter(store.keys(f"{prefix}/c")))) or b"")

    def add(kind: str, content: bytes, read: Callable[[bytes], Any]) -> None:
        payloads[f"{name} {kind}"], readers[f"{name} {kind}"] = content, read

    def tile_of(data: bytes) -> Any:
        tile = decode_second(data, model.coding_json)
        return model.placed(tile.first_voxel).low_integers(tile.stream, tile.shape)

    add("latents", payload("latents"), lambda data: model.decode_chunks([data])[0])
    add("second", payload("second"), tile_of)
    plain = load_model().contexts.tables
    add("tables", model.coding.tables, lambda data: read_tables(data, plain))
    add("mask", payload("mask"), lambda data: decode_mask(data, shape))
    levels = sizes = None
    if decoder.residual.bounds.varies:
        levels, sizes = decoder.residual.levels(0, (0, 0, 0)), decoder.residual.bounds.sizes
        cells = levels.shape
        add("step", payload("step"), lambda data: decode_step(data, cells, len(sizes)))
    add(
        "residual",
        payload("residual"),
        lambda data: Residual.from_bytes(data, dtype, shape, levels, sizes).bins,
    )


def _of_networks(payloads: dict[str, bytes], readers: dict[str, Any]) -> None:
    from idlat.model import LearnedModel
    from support.models.paper_networks import random_block_model
    from support.models.tiny_network import random_latents, random_network

    rng = np.random.default_rng(0)
    learned, paper = LearnedModel.from_network(random_network()), random_block_model("paper")
    wide = random_latents(rng, 1, learned.channels, 3.0)[:, :, :3, :4, :5]
    blocks = np.rint(rng.laplace(size=(1, paper.channels, 1, 2, 2)) * 30).astype(np.int32)
    for name, model, latents in (("learned", learned, wide), ("paper", paper, blocks)):
        payloads[name] = model.encode_chunks([np.ascontiguousarray(latents[0])])[0]
        readers[name] = lambda data, model=model: model.decode_chunks([data])[0]
