"""An archive of the preset default: its record, its integers, values (docs/format.md, 2, 3, 5, 12)."""

from __future__ import annotations

import hashlib
import json
import struct
import zipfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from independent_reader.coder import crc32c
from independent_reader.corrections import ESCAPE, decode_mask, decode_residual, decode_step
from independent_reader.subbands import Coding, decode_chunk, decode_tile
from independent_reader.values import of_field, physical


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def read_model(data: bytes) -> dict[str, np.ndarray]:
    """Return the arrays of a model file."""
    (length,) = struct.unpack("<Q", data[:8])
    header, arrays = json.loads(data[8 : 8 + length]), {}
    for name, said in header.items():
        if name != "__metadata__":
            a, b = said["data_offsets"]
            dtype = {"I32": "<i4", "U16": "<u2", "U8": "u1"}[said["dtype"]]
            values = np.frombuffer(data[8 + length + a : 8 + length + b], dtype)
            arrays[name] = values.reshape(said["shape"])
    return arrays


class Reader:
    """Reads a folder or a ``.zip``; every checksum and every tag is compared."""

    def __init__(self, path: Path, model: bytes) -> None:
        if path.is_dir():
            self.objects = {str(p.relative_to(path)): p.read_bytes() for p in path.rglob("*") if p.is_file()}
        else:
            with zipfile.ZipFile(path) as packed:
                self.objects = {name: packed.read(name) for name in packed.namelist()}
        self.record = self.document("zarr.json", "", "zarr.json")["attributes"]
        assert (self.record["format"], self.record["format_version"]) == ("idlat", 2)
        assert self.record["complete"]
        assert self.record["preset"] == "default"
        assert hashlib.sha256(model).hexdigest() == self.record["model_sha256"]
        self.model = read_model(model)

    def document(self, key: str, archive: str, path: str) -> dict[str, Any]:
        """Return a ``zarr.json`` whose checksum is right."""
        document = json.loads(self.objects[key])
        attributes = dict(document["attributes"])
        said = attributes.pop("idlat_checksum")
        counted = {**document, "attributes": attributes}
        counted.pop("consolidated_metadata", None)
        assert hashlib.sha256(canonical([archive, path, counted])).hexdigest()[:32] == said
        return document

    def array(self, path: str) -> dict[str, Any]:
        return self.document(f"{path}/zarr.json", self.record["id"], path)

    def payload(self, key: str, bound: list) -> bytes:
        """Return the payload of a sealed object."""
        stored = self.objects[key]
        assert crc32c(stored[:-4]) == stored[-4:]
        assert stored[:4] == hashlib.sha256(canonical(bound)).digest()[:4]
        return stored[4:-4]

    def of(self, variable: dict, kind: str, index: tuple, key: str) -> bytes:
        step = index[0] if kind == "step" else index[0] // _components(variable)
        for part in variable["parts"]:
            if step < part["steps"]:
                break
            step -= part["steps"]
        gain = float(self.record["gain"]).hex()
        bound = [self.record["id"], gain, variable["path"], kind, list(index), part["fingerprint"]]
        return self.payload(f"{variable['path']}/{kind}/c/{key}", bound)

    def integers(self) -> Iterator[tuple[str, np.ndarray]]:
        """Yield every array of the archive's integers, by path."""
        for variable in self.record["variables"]:
            path, coding = variable["path"], self._coding(variable)
            yield f"{path}/latents", self._latents(variable, coding)
            yield f"{path}/second", self._second(variable, coding)[0]
            if variable["bounds"]:
                levels = self._step(variable) if len(variable["bounds"]["widths"]) > 1 else None
                if levels is not None:
                    yield f"{path}/step", levels
                yield f"{path}/residual", self._residual(variable, levels)[0]
        if self.record["masks"]:
            yield "mask", self._masks()

    def decoded(self, variable: dict) -> np.ndarray:
        """Return the values of a variable's frames (frames, z, y, x) in float64, to some roundings.

        They are neither cast nor masked; those that are kept beside the bins are NaN.
        """
        coding = self._coding(variable)
        latents, (second, finest) = self._latents(variable, coding), self._second(variable, coding)
        assert not self.record["settings"]["periodic"]
        shape, step = variable["shape"][-3:], (self.record["importance_range"], self.record["gain"])
        said = []
        for part in variable["parts"]:
            each = part["normalisations"]
            said += each if len(each) > _components(variable) else each * part["steps"]
        found = np.zeros((len(latents), *shape))
        for frame, values in enumerate(latents):
            tiles = {
                at: (finest[(frame, *at)], second[(frame, *at)])
                for at in product(*map(range, second.shape[1:4]))
            }
            found[frame] = physical(of_field(values, tiles, coding, shape, step), said[frame])
        return self._corrected(variable, found) if variable["bounds"] else found

    def _corrected(self, variable: dict, found: np.ndarray) -> np.ndarray:
        widths = np.array(variable["bounds"]["widths"])
        levels = self._step(variable) if len(widths) > 1 else None
        bins, bases = self._residual(variable, levels)
        own = widths[0]
        if levels is not None:
            voxels = levels.repeat(4, 1).repeat(4, 2).repeat(4, 3)[:, *map(slice, found.shape[1:])]
            own = widths[voxels.repeat(_components(variable), 0)]
        whole = variable["bounds"].get("whole") or np.dtype(variable["dtype"]).kind in "iu"
        start = np.where(np.isnan(bases), np.rint(found) if whole else found, bases)
        return np.where(bins == ESCAPE, np.nan, start + bins * own)

    def _coding(self, variable: dict) -> Coding:
        described = {kind: self.array(f"{variable['path']}/{kind}") for kind in ("latents", "second")}
        codecs = {codec["name"]: codec for array in described.values() for codec in array["codecs"]}
        assert codecs["idlat"]["configuration"]["coding"] == codecs["idlat_second"]["configuration"]["coding"]
        return Coding(self.model, codecs["idlat"]["configuration"]["coding"])

    def _latents(self, variable: dict, coding: Coding) -> np.ndarray:
        cells = [-(-n // 8) for n in variable["shape"][-3:]]
        found = np.zeros((_frames(variable), 513, *cells), np.int32)
        for frame, *at in _chunks([len(found), *cells], 8):
            key = "/".join(map(str, (frame, 0, *at)))
            before, earlier = _frame_before(variable, coding, frame), None
            if before is not None:
                near = tuple(slice(8 * i, 8 * i + 8) for i in at)
                earlier = found[(before, slice(None), *near)].astype(np.int64)
            chunk = decode_chunk(self.of(variable, "latents", (frame, *at), key), coding, earlier)
            if chunk is not None:
                place = tuple(slice(8 * i, 8 * i + n) for i, n in zip(at, chunk.shape[1:], strict=True))
                found[(frame, slice(None), *place)] = chunk
        return found

    def _second(self, variable: dict, coding: Coding) -> tuple[np.ndarray, np.ndarray]:
        """Return the integers of all tiles, and their finest levels."""
        shape = self.array(f"{variable['path']}/second")["shape"]
        found = np.zeros((_frames(variable), *shape[1:]), np.int32)
        levels = np.zeros(found.shape[:4], np.int64)
        for frame, *at in product(*map(range, found.shape[:4])):
            key = "/".join(map(str, (frame, *at, 0)))
            before = _frame_before(variable, coding, frame)
            earlier = None if before is None else found[(before, *at)].astype(np.int64)
            payload = self.of(variable, "second", (frame, *at), key)
            voxels, levels[(frame, *at)], values = decode_tile(payload, coding, earlier)
            lengths = zip(variable["shape"][-3:], at, strict=True)
            assert voxels == tuple(min(512, n - 512 * i) for n, i in lengths)
            found[(frame, *at, slice(len(values)))] = values
        return found, levels

    def _step(self, variable: dict) -> np.ndarray:
        cells = [-(-n // 4) for n in variable["shape"][-3:]]
        found = np.zeros((_frames(variable) // _components(variable), *cells), np.uint8)
        for step, *at in _chunks(found.shape, 16):
            key = "/".join(map(str, (step, *at)))
            chunk = decode_step(self.of(variable, "step", (step, *at), key))
            found[(step, *_place(at, 16, chunk.shape))] = chunk
        return found

    def _residual(self, variable: dict, levels: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Return the bins, and for each voxel the base of its chunk, NaN without one."""
        found = np.zeros((_frames(variable), *variable["shape"][-3:]), np.int64)
        bases = np.full(found.shape, np.nan)
        for frame, *at in _chunks(found.shape, 64):
            shape = tuple(min(64, n - 64 * i) for n, i in zip(found.shape[1:], at, strict=True))
            key, own = "/".join(map(str, (frame, *at))), None
            if levels is not None:
                step = frame // _components(variable)
                own = levels[(step, *_place(at, 16, [-(-n // 4) for n in shape]))]
            payload = self.of(variable, "residual", (frame, *at), key)
            widths = variable["bounds"]["widths"]
            place = (frame, *_place(at, 64, shape))
            found[place], base = decode_residual(payload, shape, own, widths)
            if base is not None:
                bases[place] = base
        return found.astype(np.int32), bases

    def _masks(self) -> np.ndarray:
        described = self.array("mask")
        sides = described["chunk_grid"]["configuration"]["chunk_shape"][1:]
        masks = self.record["masks"]
        found = np.full((len(masks), *described["shape"][1:]), 255, np.uint8)
        counts = [-(-n // side) for n, side in zip(found.shape[1:], sides, strict=True)]
        for number, *at in product(range(len(masks)), *map(range, counts)):
            key = "mask/c/" + "/".join(map(str, (number, *at)))
            chunk = decode_mask(self.payload(key, [self.record["id"], "mask", [number, *at], masks[number]]))
            place = [slice(i * n, i * n + m) for i, n, m in zip(at, sides, chunk.shape, strict=True)]
            found[(number, *place)] = chunk
        return found


def _frame_before(variable: dict, coding: Coding, frame: int) -> int | None:
    """The frame that one may be coded under: not of key steps, nor of the first that a call wrote."""
    components = _components(variable)
    step, begin = frame // components, 0
    for part in variable["parts"]:
        if step < begin + part["steps"]:
            break
        begin += part["steps"]
    alone = coding.series is None or step == begin or step % coding.series.key_every == 0
    return None if alone else frame - components


def _components(variable: dict) -> int:
    return variable["shape"][-4] if "component" in variable["dims"] else 1


def _frames(variable: dict) -> int:
    return sum(part["steps"] for part in variable["parts"]) * _components(variable)


def _chunks(shape: Any, side: int) -> Iterator[tuple]:
    return product(range(shape[0]), *(range(-(-n // side)) for n in shape[-3:]))


def _place(at: Any, side: int, shape: Any) -> list[slice]:
    return [slice(side * i, side * i + n) for i, n in zip(at, shape, strict=True)]
