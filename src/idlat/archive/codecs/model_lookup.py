"""Which model decodes a stream: one registered in the process, shipped, or in ``IDLAT_MODEL_PATH``.

A codec sees its configuration only, never the store, so whoever opens an archive registers the model that the
archive carries (:func:`register_model`) before the first chunk is read.
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path

from idlat.errors import ModelError
from idlat.model.latent_model import LatentModel
from idlat.model.shipped_weights import shipped_files
from idlat.plainfiles import check_plain

__all__ = ["find_model", "is_shipped", "register_model", "resolve_model"]

_HASH = re.compile(r"[0-9a-f]{64}")
_lock = threading.Lock()
_registered: dict[str, LatentModel] = {}


def register_model(model: LatentModel) -> None:
    """Make `model` known to every reader in this process, under its hash."""
    with _lock:
        _registered[model.sha256] = model


def find_model(sha256: str) -> LatentModel:
    """Return the model with this hash.

    Parameters
    ----------
    sha256
        64 hexadecimal digits, of the model file's bytes.

    Raises
    ------
    ModelError
        No such model is registered, shipped or in ``IDLAT_MODEL_PATH``.
    """
    with _lock:
        if sha256 in _registered:
            return _registered[sha256]
    for path in [*shipped_files(), *_files_on_path()]:
        if _hash_of(path) == sha256:
            return resolve_model(path)
    raise ModelError(
        f"no model with SHA-256 {sha256} is registered, shipped with this release or in "
        "IDLAT_MODEL_PATH: pass the model file that the archive was written with"
    )


def is_shipped(sha256: str) -> bool:
    """Whether this release ships the model with this hash."""
    return any(_hash_of(path) == sha256 for path in shipped_files())


def resolve_model(model: LatentModel | str | os.PathLike[str] | None) -> LatentModel:
    """Return the model that `model` names: itself, a path, a hash; ``default`` or None is the default."""
    if model is not None and not isinstance(model, str | os.PathLike):
        register_model(model)
        return model
    if isinstance(model, str) and _HASH.fullmatch(model) and not Path(model).exists():
        return find_model(model)
    from idlat.model import load_model

    loaded = load_model(model)
    register_model(loaded)
    return loaded


def _files_on_path() -> Iterator[Path]:
    """Yield the model files that IDLAT_MODEL_PATH names: files, or folders of ``*.safetensors``."""
    for entry in os.environ.get("IDLAT_MODEL_PATH", "").split(os.pathsep):
        path = Path(entry)
        if entry and path.is_dir():
            yield from sorted(path.glob("*.safetensors"))
        elif entry:
            yield path


def _hash_of(path: Path) -> str | None:
    """Return the SHA-256 of a file's bytes, None where it cannot be read."""
    try:
        check_plain(path, ModelError, "a model")
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ModelError):
        return None
