"""idlat's own points: real archives, their bytes, the errors of what decodes from them; kept as JSON lines.

A result is kept under the hash of the field, of the map and of the package's sources, and under its options,
so that a changed codec is measured again.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import tempfile
import time
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path

import numpy as np

import idlat
from suite.errors import psnr, relative_errors
from suite.fields import SuiteField
from suite.maps import SuiteMap

DEFAULT_RANGE = 7.0
_SOURCES = ("archive", "coding", "model", "models", "transform", "normalise.py", "tiling")


@dataclass(frozen=True)
class ArchivePoint:
    """One archive: its options, its bytes (`bytes_streams`), its PSNRs in dB and its seconds."""

    field: str
    map: str
    quality: float
    importance_range: float
    size: int
    bytes_original: int
    psnr: float
    wpsnr: float
    encode_seconds: float
    decode_seconds: float
    key: str


def has_importance_range() -> bool:
    """Whether this version of idlat lets an archive choose its importance range."""
    return "importance_range" in inspect.signature(idlat.compress).parameters


@cache
def sources_sha256() -> str:
    """Hash what can change an archive: the package's sources and weights."""
    package = Path(idlat.__file__).parent
    digest = hashlib.sha256(idlat.__version__.encode())
    for name in _SOURCES:
        place = package / name
        paths = sorted(place.rglob("*")) if place.is_dir() else [place]
        for path in paths:
            if path.suffix in (".py", ".safetensors"):
                digest.update(path.relative_to(package).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


class ArchiveResults:
    """Measures archives, and recalls those that were measured.

    Parameters
    ----------
    path
        A file of JSON lines; it is appended to.
    model
        A model, or None for the shipped one.
    fresh
        Whether to measure again what is kept.
    """

    def __init__(self, path: Path, model: idlat.LatentModel | None = None, fresh: bool = False) -> None:
        self._path = path
        self._model = idlat.load_model() if model is None else model
        self._known: dict[str, ArchivePoint] = {}
        if path.exists() and not fresh:
            names = {field.name for field in fields(ArchivePoint)}
            for line in path.read_text().splitlines():
                content = json.loads(line)
                if set(content) == names:
                    self._known[content["key"]] = ArchivePoint(**content)

    def at(
        self, field: SuiteField, chosen: SuiteMap, quality: float, importance_range: float = DEFAULT_RANGE
    ) -> ArchivePoint:
        """Return one point."""
        parts = [field.sha256, chosen.sha256, quality, importance_range, self._model.sha256, sources_sha256()]
        key = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]
        if key not in self._known:
            point = self._measure(field, chosen, quality, importance_range, key)
            with self._path.open("a") as file:
                file.write(json.dumps(asdict(point)) + "\n")
            self._known[key] = point
        return self._known[key]

    def _measure(
        self, field: SuiteField, chosen: SuiteMap, quality: float, importance_range: float, key: str
    ) -> ArchivePoint:
        options = {} if importance_range == DEFAULT_RANGE else {"importance_range": importance_range}
        importance = None if chosen.name == "uniform" else chosen.importance
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            archive = idlat.compress(
                field.values, Path(folder) / "a.idlat", importance, self._model, quality=quality, **options
            )
            encoded = time.perf_counter()
            decoded = archive.decode().values.reshape(field.values.shape)
            ended = time.perf_counter()
            size = archive.info().bytes_streams
        if not np.array_equal(np.isnan(decoded), ~field.valid):
            raise RuntimeError(f"{field.name}: missing values did not come back as they were")
        relative = relative_errors(field.values, decoded)
        return ArchivePoint(
            field=field.name,
            map=chosen.name,
            quality=quality,
            importance_range=importance_range,
            size=size,
            bytes_original=field.values.nbytes,
            psnr=psnr(relative, field.valid.astype(np.float32)),
            wpsnr=psnr(relative, chosen.importance),
            encode_seconds=encoded - start,
            decode_seconds=ended - encoded,
            key=key,
        )
